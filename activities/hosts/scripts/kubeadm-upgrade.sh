# shellcheck shell=sh disable=SC2034,SC2154
# Runs kubeadm's upgrade of this node. $1: record folder, $2: version to upgrade to, $3: role, the rest: kubeadm's own arguments.
record=$root$1
version=$2
require_role "$3"
shift 3
# The record is kept in the node's own folder.
folder=${record%/*}
node=${folder##*/}
private_folder "$record"
# What is there before shows afterwards which folders this upgrade wrote.
if [ ! -e "$record/backups-before" ]; then
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-*; do say "$folder"; done > "$record/backups-before"
fi

if [ -e "$root/etc/kubernetes/manifests/etcd.yaml" ]; then start_api_server_release "$(ready_api_servers)" "$version" "$node"; fi
start_kubelet_wakes "$node"
code=0
kubeadm "$@" || code=$?
stop_kubelet_wakes
stop_api_server_release
exit "$code"
