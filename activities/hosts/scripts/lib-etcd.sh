# shellcheck shell=sh disable=SC2034,SC2154
# The member of this node and its tools, which come from its own container: nothing is installed on the host, and any runtime will do.
# What is found by a name alone would run as root, whoever put it there: see lib-processes.

# Sets etcd_root to the root folder of the member's container, and where and how to ask it. Ends with 3 where no member runs here.
find_etcd() {
  called=$(processes_called etcd) || exit 3
  [ -n "$called" ] || no_member 'no etcd process runs on this host'
  set_manifest etcd
  member_file=${manifest#"$root"}
  [ -e "$manifest" ] || no_member "this host has no static pod of etcd: $member_file is not there"
  member_words=$(manifest_words "$manifest")
  set_word data-dir "$member_words"
  [ -n "$word" ] || no_member "$member_file does not say --data-dir: its process cannot be told from others" 'Write the flags of etcd as kubeadm does, one a line.'
  set_word runAsUser "$member_words"
  member_user=${word:-0}
  found=0
  members=
  strangers=
  for candidate in $called; do
    # Held open: what is read through it is of this very process, also once its number is another one's. One that has ended is passed over.
    { command exec 7< "$proc/$candidate" || continue; } 2> /dev/null
    words_of_candidate=$(process_words /proc/self/fd/7) || continue
    stranger=$(why_no_member /proc/self/fd/7)
    if [ -n "$stranger" ]; then
      strangers="$strangers; $(described "$candidate") $stranger"
      continue
    fi
    exec 6<&7
    found=$((found + 1))
    members="$members and $(described "$candidate")"
    words_of_member=$words_of_candidate
  done
  case $found in
    0) no_member "no etcd process of this host is the member of $member_file${strangers:+: }${strangers#; }" 'See the etcd container of this node, such as by crictl ps -a, and its log.' ;;
    1) ;;
    *) no_member "more than one etcd process is the member of $member_file: ${members# and }" 'There are two for a moment while the kubelet replaces the member; else end the one that does not belong there.' ;;
  esac
  etcd_root=/proc/self/fd/6/root
  set_endpoint
  set_certificates
}

# Ends where no member can be asked: $1 says why, $2 what to do.
no_member() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'next: %s\n' "$2" >&2
  exit 3
}

# One line where the process in folder $1 is not the member, nothing where it is.
why_no_member() {
  if ! is_run_by "$1" "$member_user"; then
    say "is not run by user $member_user of the host"
  elif ! is_of_static_pod "$1"; then
    say 'is in no static pod of this kubelet'
  elif ! has_own_words etcd "$member_words" "$words_of_candidate"; then
    say 'has another name, data folder or peer URL'
  fi
}

# A process by its number and the begin of its command line, in which whoever started it may have put anything.
described() {
  say "$1 ($(say "$words_of_candidate" | tr '\n' ' ' | tr -cd ' -~' | cut -c -160 | sed 's/ *$//'))"
}

# Sets endpoint to the URL that the member takes clients at: of this host alone where there is one.
set_endpoint() {
  endpoint=
  set_word listen-client-urls "$words_of_member"
  urls=$word,
  while [ -n "$urls" ]; do
    url=${urls%%,*}
    urls=${urls#*,}
    case $url in
      https://0.0.0.0:*) url=https://127.0.0.1:${url##*:} ;;
      'https://[::]:'*) url="https://[::1]:${url##*:}" ;;
    esac
    case $url in
      https://127.* | https://localhost:* | 'https://[::1]:'*)
        endpoint=$url
        return 0
        ;;
      https://*) endpoint=${endpoint:-$url} ;;
    esac
  done
  endpoint=${endpoint:-https://127.0.0.1:2379}
}

# Sets ca, cert and key to files by which the member is asked: those beside its own.
set_certificates() {
  set_word trusted-ca-file "$words_of_member"
  ca=${word:-/etc/kubernetes/pki/etcd/ca.crt}
  set_word cert-file "$words_of_member"
  for pair in "${ca%/*}/healthcheck-client" "${word%.crt}" "${ca%/*}/server" "${ca%/*/*}/apiserver-etcd-client"; do
    set_seen "$pair.crt"
    cert=$seen
    set_seen "$pair.key"
    key=$seen
    if [ -f "$cert" ] && [ -f "$key" ]; then
      set_seen "$ca"
      ca=$seen
      return 0
    fi
  done
  no_member "no certificate is there by which etcd could be asked: neither healthcheck-client, server nor apiserver-etcd-client, with its key, in ${ca%/*} or above it" \
    'Make one by kubeadm init phase certs etcd-healthcheck-client.'
}

# Sets seen to the path on this host of what the member has at path $1; of what its container has not, to the host's own.
set_seen() {
  seen=$etcd_root$1
  [ -f "$seen" ] || seen=$root$1
}

# Sets tool to the path of tool $1 in the member's container; to nothing where it has none. Ends where others than root could have put it there.
set_etcd_tool() {
  tool=
  owner=0
  # Of a test, which may be anybody's.
  [ -z "$root" ] || owner=$(id -u)
  for place in /usr/local/bin /usr/bin /bin ''; do
    # A link would lead out of the container: its target is looked for on the host.
    if [ -n "$place" ] && { [ -h "$etcd_root/usr" ] || [ -h "$etcd_root/usr/local" ] || [ -h "$etcd_root$place" ]; }; then continue; fi
    [ -x "$etcd_root$place/$1" ] || continue
    tool=$etcd_root$place/$1
    break
  done
  [ -n "$tool" ] || return 0
  above=${tool#"$etcd_root"}
  set -- "$tool"
  while [ -n "$above" ]; do
    above=${above%/*}
    set -- "$@" "$etcd_root$above/"
  done
  owners=$(stat -c '%u %a %F' -- "$@")
  while read -r uid mode kind; do
    case $kind in 'regular file' | directory) ;; *) foreign_tool "is a $kind" ;; esac
    [ "$uid" = "$owner" ] || foreign_tool "belongs to user $uid, or a folder above it does"
    case $mode in *[2367]? | *[2367]) foreign_tool "or a folder above it can be written by others than its owner (mode $mode)" ;; esac
  done << OWNERS
$owners
OWNERS
}

foreign_tool() {
  fail "${tool#"$etcd_root"} of the etcd container $1: it is not run as root" 'Use an etcd image whose tools are files of root, as the official ones are.'
}

require_etcd_tool() {
  set_etcd_tool "$1"
  [ -n "$tool" ] || fail "the etcd container of this host has no $1" 'Use an etcd image that carries etcdctl and etcdutl, as the official ones do: change the image in the static pod, and etcd.local.imageRepository in the ConfigMap kubeadm-config.'
}

# etcdctl at the member of this host.
etcdctl() {
  if [ -z "${etcdctl_path:-}" ]; then
    require_etcd_tool etcdctl
    etcdctl_path=$tool
  fi
  ETCDCTL_API=3 "$etcdctl_path" --endpoints "$endpoint" --cacert "$ca" --cert "$cert" --key "$key" --dial-timeout 3s "$@"
}
