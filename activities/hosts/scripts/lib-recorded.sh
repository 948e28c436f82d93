# shellcheck shell=sh disable=SC2034,SC2154
# Reads what the record says of this node before its first change. Needs: record.

require_configuration() {
  [ -d "$record/files" ] || fail "what this node was before its first change is not recorded in $record/files" 'Bring its packages and its configuration back by hand; each step of the upgrade is in its log.'
  [ ! -s "$record/files/SHA256SUMS" ] || (cd "$record/files" && sha256sum --check --quiet SHA256SUMS) ||
    fail "the record in $record/files is damaged: a SHA-256 does not hold" 'Nothing was changed. Bring the configuration named above back by hand.'
}

# Sets former to the version of package $1 then; to nothing where it was not installed, or where no package of this node has changed.
set_former() {
  former=
  [ ! -e "$record/versions/$1" ] || read -r former < "$record/versions/$1" || :
}

# True where packages, their sources or the kubelet's configuration are not what they were before the first change of this node.
is_changed() {
  [ ! -e "$record/changing" ] || return 0
  for package in kubeadm kubelet kubectl; do
    set_former "$package"
    set_present "$package"
    [ -z "$former" ] || [ "$present" = "$former" ] || return 0
  done
  for copy in $(recorded_copies "$record/repository"); do
    cmp -s "$record/repository$copy" "$root$copy" || return 0
  done
  for copy in $(recorded_copies "$record/files"); do
    if is_of_kubelet "$copy" && ! cmp -s "$record/files$copy" "$root$copy"; then return 0; fi
  done
  return 1
}

# Paths on the host of the files that were copied below folder $1.
recorded_copies() {
  [ ! -d "$1" ] || find "$1" -type f ! -name SHA256SUMS | while IFS= read -r copy; do say "${copy#"$1"}"; done
}

# Of /etc/kubernetes only what is the kubelet's: the rest belongs to the control plane.
is_of_kubelet() {
  case $1 in /etc/kubernetes/kubelet.conf) ;; /etc/kubernetes/*) return 1 ;; esac
}

# Value of flag $2 in the recorded manifest of component $1.
recorded_flag() {
  sed -n "s/^ *- --$2=//p" "$record/files/etc/kubernetes/manifests/$1.yaml" 2> /dev/null | head -n 1 | tr -d "\"'"
}

# Image tag in the recorded manifest of component $1.
recorded_tag() {
  sed -n 's/^ *image: .*:\([^":@]*\).*$/\1/p' "$record/files/etc/kubernetes/manifests/$1.yaml" 2> /dev/null | head -n 1
}
