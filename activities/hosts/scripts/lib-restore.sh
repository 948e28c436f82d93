# shellcheck shell=sh disable=SC2034,SC2154,SC3013
# A restore of the whole cluster on one control-plane node. Needs: record, restore_id (one for each restore, the same on all nodes).
# Between two stages a folder says how far it came: `restored-ID/member` is restored and waits, an empty `restored-ID` is in its place.

set_restore_paths() {
  restore=$(dirname "$record")/restore
  manifests=$root/etc/kubernetes/manifests
  # The kubelet's static pods see the folder at the same path as the host: kubeadm mounts it so.
  data=$root$(recorded_flag etcd data-dir)
  restored=$data/restored-$restore_id
}

# The member's record, and the etcdutl that goes with it.
require_member_record() {
  [ "$data" != "$root" ] || fail "no etcd member is recorded in $record/files" 'Only clusters whose etcd runs on their control-plane nodes are restored.'
  [ -z "$(recorded_flag etcd wal-dir)" ] || fail "the etcd member of this node keeps its log in a folder of its own, $(recorded_flag etcd wal-dir)" 'Restore the cluster by hand, by etcdutl with its option --wal-dir.'
  [ -e "$record/etcdutl" ] || fail "$record/etcdutl is not there" "Put etcdutl $(recorded_tag etcd) there, with its SHA-256 in etcdutl.sha256."
  (cd "$record" && sha256sum --check --quiet etcdutl.sha256) || fail "$record/etcdutl is damaged: its SHA-256 does not hold" "Put etcdutl $(recorded_tag etcd) there, with its SHA-256 in etcdutl.sha256."
}

# Processes of this node's control plane as it is recorded, a line each.
control_plane_processes() {
  for component in kube-apiserver kube-controller-manager kube-scheduler etcd; do static_pod_processes "$component" "$record/files/etc/kubernetes/manifests/$component.yaml"; done
}

# Whoever has a file of the member open, whatever it is called. By the path that a link of /proc shows and by the file itself: a
# container may have others of the same path.
require_idle_data() {
  users=$(find "$proc"/[0-9]*/fd -lname '*/member/*' -printf '%p %l\n' 2> /dev/null | while read -r descriptor path; do
    if [ "$descriptor" -ef "$data/member/${path##*/member/}" ]; then say "$descriptor"; fi
  done | sed -n 's/.*\/\([0-9]*\)\/fd\/.*/\1/p' | sort -u | tr '\n' ' ')
  [ -z "$users" ] || fail "a process still has files of $data/member open: ${users% }" 'End it by hand; it may be an etcd that the kubelet did not start.'
}
