# shellcheck shell=sh disable=SC2034,SC2154
# A kubelet of another minor computes other identities for the static pods of the same files. It starts etcd, API server,
# controller manager and scheduler anew within two seconds of its start, and ends the old ones only two seconds later:
# the new ones find their ports taken, fail, and are held back for ten seconds and more; the requests that the old API
# server answers are cut off. So the API server leaves the load balancer first, as it would for any planned restart, and
# each old process is ended as soon as the new kubelet has begun to replace it. Measured in docs/control-plane-upgrade.md.

# What a load balancer takes to see that the API server is gone: two checks a second apart, each with its time to answer.
leave_seconds=5
# A kubelet that has replaced nothing by then will not.
replace_seconds=10

# $1: version that the kubelet is brought to. To be called before anything of the kubelet changes.
leave_load_balancer() {
  left_at=
  leaving=
  [ -e "$root/etc/kubernetes/manifests/kube-apiserver.yaml" ] || return 0
  case $(kubelet --version 2> /dev/null) in *" ${1%.*}."*) return 0 ;; esac
  leaving=$(process_of_api_server)
  [ -n "$leaving" ] || return 0
  refusal=$(why_not_end_api_server "$(ready_api_servers)")
  if [ -n "$refusal" ]; then
    say "API server stays as it is until the kubelet starts it anew: $refusal"
    leaving=
    return 0
  fi
  end_api_server "$leaving" 'the new kubelet will start it anew: leaving the load balancer' || return 0
  left_at=$(date +%s)
}

# To be called right before the kubelet is restarted. $1: name of this node.
prepare_replacements() {
  replacements=
  [ -n "$left_at" ] || return 0
  while [ $(($(date +%s) - left_at)) -lt "$leave_seconds" ]; do sleep 0.2; done
  for component in kube-apiserver etcd kube-controller-manager kube-scheduler; do
    process=$(process_of_component "$component")
    [ -n "$process" ] || continue
    # Read here: the words of a command in the background are read by the background, which may come too late.
    folders=$(pod_folders "$component" "$1")
    end_when_replaced "$component" "$process" "$1" "$folders" &
    replacements="$replacements $!"
  done
}

# To be called when the kubelet runs again.
wait_for_replacements() {
  for replacement in $replacements; do wait "$replacement" || true; done
}

# $1: component, $2: its process, $3: name of this node, $4: folders of its pod until now.
end_when_replaced() {
  until_at=$(($(date +%s) + replace_seconds))
  while [ "$(date +%s)" -lt "$until_at" ]; do
    # Made right before the new pod's containers.
    if [ "$(pod_folders "$1" "$3")" != "$4" ]; then
      # Among all of them: its successor may run already.
      if has_line "$(static_pod_processes "$1" "$root/etc/kubernetes/manifests/$1.yaml")" "$2"; then
        kill -TERM "$2" 2> /dev/null && say "SIGTERM to $1 $2: the new kubelet has begun to replace it"
      else
        say "$1 $2 has ended by itself: not touched"
      fi
      return 0
    fi
    sleep 0.1
  done
}

# Folders of logs of a component's pods, one for each identity.
pod_folders() {
  for folder in "$root/var/log/pods/kube-system_$1-$2"_*; do say "$folder"; done
}
