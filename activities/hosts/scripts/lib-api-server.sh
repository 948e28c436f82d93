# shellcheck shell=sh disable=SC2034,SC2154
# The processes of this node's control plane, who talks to its API server, and how that is asked to leave.

process_of_api_server() {
  process_of_component kube-apiserver
}

api_server_address() {
  first_value 's/^ *- --advertise-address=//' "$root/etc/kubernetes/manifests/kube-apiserver.yaml"
}

api_server_port() {
  port=$(first_value 's/^ *- --secure-port=//' "$root/etc/kubernetes/manifests/kube-apiserver.yaml")
  say "${port:-6443}"
}

# API servers of the whole cluster that are ready now; none where the API does not say.
ready_api_servers() {
  kubectl --kubeconfig "$root/etc/kubernetes/admin.conf" --request-timeout=10s -n kube-system get pods -l component=kube-apiserver \
    -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' 2> /dev/null | grep -c True || true
}

# One line where this node's API server must not be ended, nothing where it may. $1: ready API servers, this one included.
why_not_end_api_server() {
  if [ "$1" -lt 2 ]; then say 'no other API server would answer'; return 0; fi
  if [ -z "$(process_of_api_server)" ]; then say "no single kube-apiserver process is the one of this node's manifest"; return 0; fi
  # kubeadm and kubectl must not lose the API: their kubeconfig has to lead to more than this node.
  server=$(sed -n 's/^ *server: *//p' "$root/etc/kubernetes/admin.conf" 2> /dev/null | head -n 1 | tr -d "\"'")
  case $server in
    '' | https://localhost:* | https://127.* | "https://$(api_server_address):"* | "https://[$(api_server_address)]:"*)
      say "admin.conf leads to ${server:-no server}, not to a load balancer"
      ;;
  esac
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

# Who could still lose a request to process $1: `listening` where it takes connections, else how many clients are connected
# beside this host's own kubelet, controller manager, scheduler and the API server itself. Those hold watches for as long
# as the process lives, and try again; a load balancer on this host carries others' requests and counts.
clients_of_api_server() {
  cat "$proc/$1/net/tcp" "$proc/$1/net/tcp6" 2> /dev/null | awk -v port="$(printf '%04X' "$(api_server_port)")" -v sockets="$(sockets_of_components)" '
    # An IPv4 address is 8 digits long, and the last 8 of its IPv6 form.
    function end_of(text, parts) { split(text, parts, ":"); return substr(parts[1], length(parts[1]) - 7) ":" parts[2] }
    BEGIN { for (at = split(sockets, list, " "); at > 0; at--) component[list[at]] = 1 }
    { lines += 1; own = end_of($2); peer = end_of($3) }
    $4 == "0A" && own ~ ":" port "$" { listening = 1 }
    $4 == "01" && own ~ ":" port "$" { client[peer] = 1 }
    $4 == "01" && peer ~ ":" port "$" && ($10 in component) { known[own] = 1 }
    END {
      if (listening || !lines) { print "listening"; exit }
      for (peer in client) if (!(peer in known)) others += 1
      print others + 0
    }'
}

# Numbers of the sockets that the components of this host have open.
sockets_of_components() {
  {
    host_processes kubelet
    for component in kube-apiserver kube-controller-manager kube-scheduler; do process_of_component "$component"; done
  } | while read -r process; do
    # shellcheck disable=SC2012 # The names are numbers; what they lead to is wanted.
    [ -z "$process" ] || ls -l "$proc/$process/fd" 2> /dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p'
  done | tr '\n' ' '
}

# The one process of a component of this node; nothing where there are more, as for a moment while it is replaced.
process_of_component() {
  processes=$(static_pod_processes "$1" "$root/etc/kubernetes/manifests/$1.yaml") || return 0
  case $processes in *[!0-9]*) ;; *) say "$processes" ;; esac
}
