# shellcheck shell=sh disable=SC2034,SC2154
# Takes this node's API server out of the load balancer before kubeadm replaces its etcd member, brings it back as soon
# as the new member runs, and ends the grace of the old API server early where nobody needs it any more. kubeadm is not
# changed, and its own waits decide; kubeadm's documentation asks a person for the same: end kube-apiserver gracefully,
# then upgrade. Measured in docs/control-plane-upgrade.md.
#
# Why: the kubelet asks its own API server to delete the member's mirror pod BEFORE it starts the new member. Left alone,
# that API server hangs on the stopped member for 34 s, and so do its other clients. One that refuses connections sends
# the load balancer and the kubelet on at once.
#
# Hazards that shape it:
# - The first SIGTERM must come before the member stops. On its way out the API server removes its address from the
#   Endpoints, which needs etcd; too late, and it hangs with its listener open (tried: slower than doing nothing). So the
#   sign is the backup folder, which kubeadm makes about half a second before it moves the manifest.
# - After SIGTERM open watches keep the process for up to a minute, and the kubelet starts no other one meanwhile. A
#   second SIGTERM ends it at once. It is sent only to that same process, once the new member runs.
# - The longer this node's API server is away, the longer the kubelet waits before it lists pods again (0.8 s doubled
#   each time, up to 30 s, each up to twice as long): kubeadm waits for what the kubelet reports after that.

# Starts the companion of kubeadm; to be called right before it. $1: control-plane nodes whose API server is ready, this
# one included. $2: the version to upgrade to. $3: name of this node.
start_api_server_release() {
  release_pid=
  release_refusal=$(why_not_release_api_server "$1" "$2")
  if [ -n "$release_refusal" ]; then
    say "API server stays as it is during kubeadm: $release_refusal"
    return 0
  fi
  # Read here and not by the companion, whose first look might come after kubeadm's first act.
  release_process=$(process_of_api_server)
  release_member=$(process_of_component etcd)
  release_backup=$(newest_etcd_backup)
  release_manifest=$(manifest_mark kube-apiserver)
  release_api_server "$release_process" "$release_member" "$release_backup" "$release_manifest" "$3" &
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
  if [ -z "$(process_of_component etcd)" ]; then say 'no single etcd process is the member of this node'; return 0; fi
  why_not=$(why_not_end_api_server "$1")
  if [ -n "$why_not" ]; then say "$why_not"; return 0; fi
  # An equal tag is an equal member: kubeadm leaves it alone, and so must we.
  wanted=$(kubeadm config images list --kubernetes-version "$2" 2> /dev/null | sed -n 's/.*\/etcd:\(.*\)$/\1/p')
  running=$(sed -n 's/^ *image: .*\/etcd:\([^"@]*\).*$/\1/p' "$root/etc/kubernetes/manifests/etcd.yaml" 2> /dev/null | head -n 1)
  if [ -z "$wanted" ] || [ -z "$running" ]; then say 'the etcd image cannot be read'; return 0; fi
  if [ "$wanted" = "$running" ]; then say "etcd stays at $running"; fi
}

# The companion itself. $1: process of the API server, $2: process of the old etcd member, $3: newest backup until now,
# $4: mark of the API server's manifest, $5: name of this node.
release_api_server() {
  member_pod=$(mirror_pod_of etcd "$5")
  while [ "$(newest_etcd_backup)" = "$3" ]; do sleep 0.1; done
  end_api_server "$1" 'kubeadm is about to replace the etcd member: leaving the load balancer' || return 0
  while :; do
    member=$(process_of_component etcd)
    if [ -n "$member" ] && [ "$member" != "$2" ]; then break; fi
    sleep 0.2
  done
  # The member opens its port within this second; an API server that starts sooner may fail and be backed off.
  sleep 1
  end_api_server "$1" 'the new etcd member runs: starting again' || return 0
  # The kubelet finds the mark when it lists pods at the new process, and replaces the mirror pod then.
  until [ "$(process_of_api_server)" != "$1" ]; do sleep 0.1; done
  wake_kubelet "$member_pod" 1
  end_grace "$4"
}

# How long an old API server is left alone after kubeadm replaced its manifest. The kubelet starts the new one 10 to 15 s
# after that, and then looks every 10 to 15 s: what ends sooner gains nothing, what ends later waits for another round.
grace_seconds=8

# Ends the old API server before the kubelet does, which takes 30 s while watches are open. Only one that has closed its
# listener and serves nobody but this node's own components; otherwise it is left to the kubelet.
# $1: mark of the manifest that this API server was started from.
end_grace() {
  leaving=$(process_of_api_server)
  while [ "$(manifest_mark kube-apiserver)" = "$1" ]; do
    leaving=$(process_of_api_server)
    sleep 0.2
  done
  [ -n "$leaving" ] || return 0
  sleep "$grace_seconds"
  tries=0
  while [ "$tries" -lt 40 ] && [ "$(process_of_api_server)" = "$leaving" ]; do
    if [ "$(clients_of_api_server "$leaving")" = 0 ]; then
      end_api_server "$leaving" 'only components of this node still watch: the new version may start' || true
      return 0
    fi
    tries=$((tries + 1))
    sleep 0.5
  done
  say "kube-apiserver $leaving still had other clients, or took connections: left to the kubelet"
}

# The names end in the time, so the last is the newest.
newest_etcd_backup() {
  newest=
  for folder in "$root"/etc/kubernetes/tmp/kubeadm-backup-etcd-*; do newest=$folder; done
  say "$newest"
}
