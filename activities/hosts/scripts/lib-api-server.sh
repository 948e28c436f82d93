# shellcheck shell=sh disable=SC2034,SC2154
# The processes of this node's control plane, who talks to its API server, and how that is asked to leave.

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
  if [ -z "$(process_of_api_server)" ]; then say "no single kube-apiserver process has the address of this node's manifest"; return 0; fi
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
  cat "${CAPSTAN_PROC:-/proc}/$1/net/tcp" "${CAPSTAN_PROC:-/proc}/$1/net/tcp6" 2> /dev/null | awk -v port="$(printf '%04X' "$(api_server_port)")" -v sockets="$(sockets_of_components)" '
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
  for component in kubelet kube-apiserver kube-controller kube-scheduler; do
    for process in $(pgrep -x "$component"); do
      # shellcheck disable=SC2012 # The names are numbers; what they lead to is wanted.
      ls -l "${CAPSTAN_PROC:-/proc}/$process/fd" 2> /dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p'
    done
  done | tr '\n' ' '
}

# The one process of a component; nothing where there are more, as on a host of other control planes.
process_of_component() {
  if [ "$1" = kube-apiserver ]; then
    process_of_api_server
    return 0
  fi
  # A process is named by the first 15 characters.
  processes=$(pgrep -x "$(printf '%.15s' "$1")") || return 0
  case $processes in *[!0-9]*) ;; *) say "$processes" ;; esac
}
