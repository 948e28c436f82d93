# shellcheck shell=sh disable=SC2034,SC2154
# Reads what the record says of this node before its first change. Needs: record.

require_configuration() {
  [ -d "$record/files" ] || fail "what this node was before its first change is not recorded in $record/files" 'Bring its packages and its configuration back by hand; each step of the upgrade is in its log.'
  [ ! -s "$record/files/SHA256SUMS" ] || (cd "$record/files" && sha256sum --check --quiet SHA256SUMS) ||
    fail "the record in $record/files is damaged: a SHA-256 does not hold" 'Nothing was changed. Bring the configuration named above back by hand.'
}

# Version of package $1 then; nothing where it was not installed, or where no package of this node has changed.
former_version() {
  former=
  [ ! -e "$record/versions/$1" ] || read -r former < "$record/versions/$1" || :
  say "$former"
}

# Value of flag $2 in the recorded manifest of component $1.
recorded_flag() {
  sed -n "s/^ *- --$2=//p" "$record/files/etc/kubernetes/manifests/$1.yaml" 2> /dev/null | head -n 1 | tr -d "\"'"
}

# Image tag in the recorded manifest of component $1.
recorded_tag() {
  sed -n 's/^ *image: .*:\([^":@]*\).*$/\1/p' "$record/files/etc/kubernetes/manifests/$1.yaml" 2> /dev/null | head -n 1
}
