# shellcheck shell=sh disable=SC2034,SC2154
# Keeps what a restore of the whole control plane takes from this node, before anything of it changes: its configuration, as on
# every node, and etcdutl of the version that runs now. $1: record folder.
record=$root$1

# A snapshot is restored by the version that will run, whose image may be gone from this host by then.
keep_etcdutl() {
  set_manifest etcd
  [ -e "$manifest" ] || return 0
  find_etcd
  require_etcd_tool etcdutl
  cp "$tool" "$record/etcdutl.new"
  chmod 700 "$record/etcdutl.new"
  (cd "$record" && sum=$(sha256sum < etcdutl.new) && say "${sum%% *}  etcdutl" > etcdutl.sha256)
  sync "$record/etcdutl.new" "$record/etcdutl.sha256"
  mv "$record/etcdutl.new" "$record/etcdutl"
}

if [ -d "$record/files" ]; then
  say 'recorded already'
  say 'changed: no'
  exit 0
fi
private_folder "$record"
# Last the folder whose presence says that all of it is there.
keep_etcdutl
keep_configuration
say "recorded $(wc -l < "$record/files/SHA256SUMS") files"
say 'changed: yes'
