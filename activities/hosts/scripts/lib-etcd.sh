# shellcheck shell=sh disable=SC2034,SC2154
# The tools of etcd come from its own container, by way of its process: nothing is installed on the host, and any runtime will do.

# Sets etcd_root to the root folder of the running member's container. Ends with 3 where no member runs here.
find_etcd() {
  for process in "${CAPSTAN_PROC:-/proc}"/[0-9]*; do
    # A process may have ended meanwhile.
    { read -r name < "$process/comm"; } 2> /dev/null || continue
    [ "$name" = etcd ] || continue
    etcd_root=$process/root
    return 0
  done
  printf 'error: no etcd process runs on this host\n' >&2
  exit 3
}

# Path of tool $1 inside the member's container.
etcd_tool() {
  for folder in /usr/local/bin /usr/bin /bin /; do
    if [ -x "$etcd_root${folder%/}/$1" ]; then
      say "$etcd_root${folder%/}/$1"
      return 0
    fi
  done
  fail "the etcd container of this host has no $1" 'Use an etcd image that carries etcdctl and etcdutl, as the official ones do.'
}

# etcdctl at the member of this host.
etcdctl() {
  pki=$root/etc/kubernetes/pki/etcd
  pair=healthcheck-client
  [ -f "$pki/$pair.crt" ] || pair=server
  ETCDCTL_API=3 "${etcdctl_path:-$(etcd_tool etcdctl)}" --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/$pair.crt" --key "$pki/$pair.key" \
    --dial-timeout 3s "$@"
}
