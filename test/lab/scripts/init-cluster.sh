#!/bin/bash
# Makes the first control-plane node with /var/lib/lab/init.yaml. Safe to run again.
set -euo pipefail

[ ! -e /var/lib/lab/joined ] || exit 0
mkdir -p /var/lib/lab
config=/var/lib/lab/init.yaml
if [ -e /etc/kubernetes/admin.conf ] || [ -e /etc/kubernetes/manifests/etcd.yaml ]; then
  kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock
fi
printf '%s\n' "$LAB_CONFIGURATION" > "$config"
kubeadm init --config "$config" --skip-token-print
touch /var/lib/lab/joined
