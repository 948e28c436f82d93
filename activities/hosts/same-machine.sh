# Ends the command where this host is not the machine of its node: before anything else of the command runs.
# shellcheck shell=sh

# $1: node, $2: machine id and $3: system UUID as its Node object reports them. An empty one proves nothing; where no id proves it,
# the certificate of the kubelet has to name the node. Says on standard error what the host has.
require_node() {
  capstan_cause=unproven
  read_id /etc/machine-id || read_id /var/lib/dbus/machine-id || :
  capstan_machine=$capstan_id
  read_id /sys/class/dmi/id/product_uuid || :
  if is_same "$2" "$capstan_machine" || is_same "$3" "$capstan_id"; then capstan_cause=; fi
  if is_other "$3" "$capstan_id"; then capstan_cause=uuid; fi
  if is_other "$2" "$capstan_machine"; then capstan_cause=machine; fi
  if [ "$capstan_cause" = unproven ] && certificate_names "$1"; then capstan_cause=; fi
  [ -n "$capstan_cause" ] || return 0
  printf 'capstan: other-host %s %s %s\n' "$capstan_cause" "${capstan_machine:-none}" "${capstan_id:-none}" >&2
  exit 1
}

# Sets capstan_id to the first word of file $1 of this host; to nothing where it has none.
read_id() {
  capstan_id=
  [ -r "${CAPSTAN_ROOT:-}$1" ] || return 1
  read -r capstan_id _ < "${CAPSTAN_ROOT:-}$1" || :
}

is_same() {
  [ -n "$1" ] && [ -n "$2" ] || return 1
  [ "$1" != "$2" ] || return 0
  [ "$(printf %s "$1" | tr A-F a-f)" = "$(printf %s "$2" | tr A-F a-f)" ]
}

is_other() {
  [ -n "$1" ] && [ -n "$2" ] && ! is_same "$1" "$2"
}

# True where the kubelet's client certificate has the name system:node:$1, which stands in it behind its length. The private key in
# the same file is not looked at.
certificate_names() {
  [ -r "${CAPSTAN_ROOT:-}/var/lib/kubelet/pki/kubelet-client-current.pem" ] || return 1
  capstan_name=system:node:$1
  sed -n -e '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' -e '/^-----END CERTIFICATE-----/q' \
    "${CAPSTAN_ROOT:-}/var/lib/kubelet/pki/kubelet-client-current.pem" | grep -v -e '^-----' | base64 -d 2> /dev/null \
    | LC_ALL=C grep -a -q -F -e "$(printf %b "\\0$(printf %o "${#capstan_name}")")$capstan_name"
}
