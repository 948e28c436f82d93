#!/bin/sh
# The runbook that kubeadm's documentation gives a person, typed into a file: one node after the other, over ssh.
# SSH_CONFIG, KUBECTL, KUBECONFIG, REPOSITORY, VERSION (v1.34.4), PACKAGE (1.34.4-1.1), CONTROL_PLANES, WORKERS: see runbook.ts.
set -eu

# A line that says which step begins; the last one has no node.
mark() { printf 'step %s %s\n' "$1" "$2"; }
on() { ssh -F "$SSH_CONFIG" "$1" sudo sh -euc "'$2'" < /dev/null; }

# Typed again where the connection broke: an API server that has just been replaced may end it.
kubectl() {
  tries=0
  until "$KUBECTL" "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 10 ] || return 1
    sleep 2
  done
}

kubeadm_package() {
  mark "$1" 'kubeadm package'
  on "$1" "echo \"deb [trusted=yes] $REPOSITORY /\" > /etc/apt/sources.list.d/kubernetes.list
    apt-get update -q; apt-mark unhold kubeadm; DEBIAN_FRONTEND=noninteractive apt-get install -qy kubeadm=$PACKAGE; apt-mark hold kubeadm"
}

kubelet() {
  mark "$1" drain
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout=300s
  mark "$1" kubelet
  on "$1" "apt-mark unhold kubelet kubectl; DEBIAN_FRONTEND=noninteractive apt-get install -qy kubelet=$PACKAGE kubectl=$PACKAGE; apt-mark hold kubelet kubectl
    systemctl daemon-reload; systemctl restart kubelet"
  mark "$1" Ready
  until [ "$(kubectl get node "$1" -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}')" = "$VERSION True" ]; do sleep 0.5; done
  mark "$1" uncordon
  kubectl uncordon "$1"
}

first=yes
for node in $CONTROL_PLANES; do
  kubeadm_package "$node"
  if [ "$first" = yes ]; then
    mark "$node" 'kubeadm upgrade plan'
    on "$node" "kubeadm upgrade plan $VERSION"
    mark "$node" 'kubeadm upgrade apply'
    on "$node" "kubeadm upgrade apply $VERSION --yes"
  else
    mark "$node" 'kubeadm upgrade node'
    on "$node" 'kubeadm upgrade node'
  fi
  first=no
  kubelet "$node"
done
for node in $WORKERS; do
  kubeadm_package "$node"
  mark "$node" 'kubeadm upgrade node'
  on "$node" 'kubeadm upgrade node'
  kubelet "$node"
done
mark - 'add-ons'
kubectl --namespace kube-system rollout status daemonset/kube-proxy --timeout=180s
kubectl --namespace kube-system rollout status deployment/coredns --timeout=180s
mark - end
