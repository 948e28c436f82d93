# shellcheck shell=sh disable=SC2034,SC2154
# Runs kubeadm's upgrade of this node. $1: record folder, the rest: kubeadm's own arguments.
record=$root$1
shift
private_folder "$record"
# What is there before shows afterwards which folders this upgrade wrote.
if [ ! -e "$record/backups-before" ]; then
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-*; do say "$folder"; done > "$record/backups-before"
fi
kubeadm "$@"
