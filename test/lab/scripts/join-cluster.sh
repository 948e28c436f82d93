#!/bin/bash
# Joins a node with the configuration in LAB_CONFIGURATION. Safe to run again.
set -euo pipefail

[ ! -e /var/lib/lab/joined ] || exit 0
mkdir -p /var/lib/lab
config=/var/lib/lab/join.yaml
if [ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/manifests/etcd.yaml ]; then
  kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock
fi
umask 077
printf '%s\n' "$LAB_CONFIGURATION" > "$config"
kubeadm join --config "$config"
rm "$config"
touch /var/lib/lab/joined
