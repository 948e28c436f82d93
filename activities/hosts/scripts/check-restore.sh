# shellcheck shell=sh disable=SC2034,SC2154
# What this host has for a restore of the whole cluster, a line each. Changes nothing. $1: record folder, $2: SHA-256 of the snapshot.
record=$root$1
restore_id=
set_restore_paths
say "kubelet $(kubelet --version 2> /dev/null | sed 's/^Kubernetes //')"
set_former kubelet
say "former-kubelet $former"
# Of a host whose kubeadm is no package the steps say what is missing.
if find_manager && is_changed; then say 'changed yes'; fi
if [ -e "$root/etc/kubernetes/manifests/kube-apiserver.yaml" ] || [ -e "$record/files/etc/kubernetes/manifests/kube-apiserver.yaml" ]; then
  problem=$( (require_configuration && require_member_record) 2>&1 | grep -v '^next: ' | tail -n 1)
  say "api-server $(recorded_tag kube-apiserver)"
  say "member $(recorded_flag etcd name)=$(recorded_flag etcd initial-advertise-peer-urls)"
else
  problem=$( (require_configuration) 2>&1 | grep -v '^next: ' | tail -n 1)
fi
[ -z "$problem" ] || say "problem ${problem#error: }"
if [ "$data" != "$root" ] && [ -d "$data" ]; then say "data-free $(df -Pk "$data" | awk 'NR == 2 { print $4 }')"; fi
say "state-free $(df -Pk "$root/var/lib" | awk 'NR == 2 { print $4 }')"
if [ -e "$restore/snapshot.db" ] && [ "$(sha256sum < "$restore/snapshot.db" | cut -d ' ' -f 1)" = "$2" ]; then say 'snapshot yes'; fi
