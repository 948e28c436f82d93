# shellcheck shell=sh disable=SC2034,SC2154
# Keeps what a restore of the whole control plane takes from this node, before anything of it changes: /etc/kubernetes, the
# kubelet's configuration, and etcdutl of the version that runs now. $1: record folder.
record=$root$1/control-plane

copy_kubernetes() {
  mkdir "$record/kubernetes" "$record/kubelet"
  for entry in "$root"/etc/kubernetes/*; do
    # Backups of kubeadm: old states, and etcd's whole data among them.
    case $entry in */tmp) continue ;; esac
    cp -a "$entry" "$record/kubernetes/"
  done
  for name in config.yaml kubeadm-flags.env; do
    [ ! -f "$root/var/lib/kubelet/$name" ] || cp -a "$root/var/lib/kubelet/$name" "$record/kubelet/"
  done
}

# A snapshot is restored by the version that will run, whose image may be gone from this host by then.
copy_etcdutl() {
  [ -e "$root/etc/kubernetes/manifests/etcd.yaml" ] || return 0
  find_etcd
  utility=$(etcd_tool etcdutl)
  cp "$utility" "$record/etcdutl"
  chmod 700 "$record/etcdutl"
}

if [ -e "$record/complete" ]; then
  say 'recorded already'
  say 'changed: no'
  exit 0
fi
rm -rf "$record"
private_folder "$record"
copy_kubernetes
copy_etcdutl
(cd "$record" && find . -type f ! -name sums -exec sha256sum {} +) > "$record/sums"
sync
: > "$record/complete"
say "recorded $(wc -l < "$record/sums") files"
say 'changed: yes'
