# shellcheck shell=sh disable=SC2034,SC2154
# Takes this node's API server out of the load balancer before kubeadm replaces its etcd member, and brings it back as
# soon as the new member runs. kubeadm is not changed, and its own waits decide; kubeadm's documentation asks a person
# for the same: end kube-apiserver gracefully, then upgrade.
#
# Why: the kubelet asks its own API server to delete the member's mirror pod BEFORE it starts the new member. Left alone,
# that API server hangs on the stopped member for 34 s, and so do its other clients. One that refuses connections sends
# the load balancer and the kubelet on at once. Measured in docs/control-plane-upgrade.md.
#
# Hazards that shape it:
# - The first SIGTERM must come before the member stops. On its way out the API server removes its address from the
#   Endpoints, which needs etcd; too late, and it hangs with its listener open (tried: slower than doing nothing). So the
#   sign is the backup folder, which kubeadm makes about half a second before it moves the manifest.
# - After SIGTERM open watches keep the process for up to a minute, and the kubelet starts no other one meanwhile. A
#   second SIGTERM ends it at once. It is sent only to that same process, once the new member runs.
# - The kubelet tries the mirror pod again about ten seconds after the member's start, then only after 60 s or more: the
#   second SIGTERM may not wait.

# Starts the companion of kubeadm; to be called right before it. $1: control-plane nodes whose API server is ready, this
# one included. $2: the version to upgrade to.
start_api_server_release() {
  release_pid=
  release_refusal=$(why_not_release_api_server "$1" "$2")
  if [ -n "$release_refusal" ]; then
    say "API server stays as it is during kubeadm: $release_refusal"
    return 0
  fi
  # Read here and not by the companion, whose first look might come after kubeadm's first act.
  release_process=$(process_of_api_server)
  release_member=$(pgrep -x etcd)
  release_backup=$(newest_etcd_backup)
  release_api_server "$release_process" "$release_member" "$release_backup" &
  release_pid=$!
}

# Ends the companion if it still waits; to be called right after kubeadm, whatever its result.
stop_api_server_release() {
  [ -n "${release_pid:-}" ] || return 0
  kill "$release_pid" 2> /dev/null || true
  wait "$release_pid" 2> /dev/null || true
  release_pid=
}

# One line where the API server must not be touched, nothing where it may.
why_not_release_api_server() {
  if [ "$1" -lt 2 ]; then say 'no other API server would answer'; return 0; fi
  if [ "$(pgrep -x etcd | wc -l)" -ne 1 ]; then say 'there is not exactly one etcd process'; return 0; fi
  if [ -z "$(process_of_api_server)" ]; then say "no single kube-apiserver process has the address of this node's manifest"; return 0; fi
  # An equal tag is an equal member: kubeadm leaves it alone, and so must we.
  wanted=$(kubeadm config images list --kubernetes-version "$2" 2> /dev/null | sed -n 's/.*\/etcd:\(.*\)$/\1/p')
  running=$(sed -n 's/^ *image: .*\/etcd:\([^"@]*\).*$/\1/p' "$root/etc/kubernetes/manifests/etcd.yaml" 2> /dev/null | head -n 1)
  if [ -z "$wanted" ] || [ -z "$running" ]; then say 'the etcd image cannot be read'; return 0; fi
  if [ "$wanted" = "$running" ]; then say "etcd stays at $running"; return 0; fi
  # kubeadm itself must not lose the API: its kubeconfig has to lead to more than this node.
  server=$(sed -n 's/^ *server: *//p' "$root/etc/kubernetes/admin.conf" 2> /dev/null | head -n 1 | tr -d "\"'")
  case $server in
    '' | https://localhost:* | https://127.* | "https://$(api_server_address):"* | "https://[$(api_server_address)]:"*)
      say "admin.conf leads to ${server:-no server}, not to a load balancer"
      ;;
  esac
}

# The companion itself. $1: process of the API server, $2: process of the old etcd member, $3: newest backup until now.
release_api_server() {
  while [ "$(newest_etcd_backup)" = "$3" ]; do sleep 0.1; done
  end_api_server "$1" 'kubeadm is about to replace the etcd member: leaving the load balancer' || return 0
  while :; do
    member=$(pgrep -x etcd) || member=
    if [ -n "$member" ] && [ "$member" != "$2" ]; then break; fi
    sleep 0.2
  done
  # The member opens its port within this second; an API server that starts sooner may fail and be backed off.
  sleep 1
  end_api_server "$1" 'the new etcd member runs: starting again' || return 0
}

# $1: process, $2: reason. Fails where the process is no longer the API server.
end_api_server() {
  if [ "$(process_of_api_server)" != "$1" ]; then
    say "kube-apiserver $1 has ended by itself: not touched"
    return 1
  fi
  kill -TERM "$1" || return 1
  say "SIGTERM to kube-apiserver $1: $2"
}

# The one process that runs this node's static pod. A host may run others, such as API servers of hosted clusters.
process_of_api_server() {
  wanted_address=$(api_server_address)
  [ -n "$wanted_address" ] || return 0
  found=
  for candidate in $(pgrep -x kube-apiserver); do
    tr '\0' '\n' < "${CAPSTAN_PROC:-/proc}/$candidate/cmdline" 2> /dev/null | grep -qxF -- "--advertise-address=$wanted_address" || continue
    if [ -n "$found" ]; then return 0; fi
    found=$candidate
  done
  say "$found"
}

api_server_address() {
  sed -n 's/^ *- --advertise-address=//p' "$root/etc/kubernetes/manifests/kube-apiserver.yaml" 2> /dev/null | head -n 1
}

# The names end in the time, so the last is the newest.
newest_etcd_backup() {
  newest=
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-etcd-*; do newest=$folder; done
  say "$newest"
}
