# shellcheck shell=sh disable=SC2034,SC2154
# Puts a node back to what its record says. Needs: manager, family, version (of the kubelet before), record.

require_record() {
  require_configuration
  set_former kubelet
  is_version "$former" "$version" || fail "the package kubelet was ${former:-absent} before, while the kubelet ran $version" 'Nothing was changed: the record cannot say which of both to put back. Bring the node back by hand.'
}

# A control plane that kubeadm has changed does not go back alone: its etcd and its API server have moved on with the others.
refuse_changed_control_plane() {
  for manifest in "$record"/files/etc/kubernetes/manifests/*.yaml; do
    [ -f "$manifest" ] || continue
    path=${manifest#"$record/files"}
    cmp -s "$manifest" "$root$path" || fail "$path is not what it was before: the control plane of this node has changed, and it cannot go back alone" 'Retry the node, or restore the whole cluster from the etcd snapshot that was taken before.'
  done
}

# $1: the copy, $2: its path on the host. Does nothing where both are the same.
put_back() {
  if cmp -s "$1" "$root$2"; then return 0; fi
  mkdir -p "$(dirname "$root$2")"
  cp -p "$1" "$root$2.former"
  mv "$root$2.former" "$root$2"
  say "put back: $2"
  changed=yes
}

restore_repository() {
  for copy in "$record"/repository/etc/apt/sources.list "$record"/repository/etc/apt/sources.list.d/* "$record"/repository/etc/yum.repos.d/*; do
    [ -f "$copy" ] || continue
    put_back "$copy" "${copy#"$record/repository"}"
  done
}

restore_kubelet_configuration() {
  while read -r _ path; do
    is_of_kubelet "/$path" || continue
    put_back "$record/files/$path" "/$path"
  done < "$record/files/SHA256SUMS"
}

# Sources, packages and configuration of before, and the kubelet restarted with them.
put_node_back() {
  dnf_verb=downgrade
  trap 'restore_holds kubeadm kubelet kubectl' EXIT
  trap 'exit 143' HUP INT TERM
  restore_repository
  restore_packages
  restore_kubelet_configuration
  restart_kubelet
  require_former_kubelet
}

require_former_kubelet() {
  reported=$(kubelet --version)
  [ "$reported" = "Kubernetes $version" ] || fail "the kubelet calls itself $reported after $version was put back" "See \`command -v kubelet\`: another kubelet comes first in PATH."
}

# Installs the former packages that are not there: from the files kept before, without any repository, where they were kept.
restore_packages() {
  [ "$manager" != apt ] || apt_mend
  names=
  specs=
  dnf_offline=yes
  for package in kubeadm kubelet kubectl; do
    set_former "$package"
    set_present "$package"
    if [ -z "$former" ] || [ "$present" = "$former" ]; then continue; fi
    file=$("${family}_former_file" "$package" "$former")
    if [ -z "$file" ]; then
      dnf_offline=
      "${family}_offers" "$package" "$former" || fail "the file of the package $package $former was not kept, and no source of this host has it" "Bring the file to $record/packages, then retry."
      file=$package$separator$former
    fi
    names="$names $package"
    specs="$specs $file"
  done
  if [ -z "$names" ]; then
    say 'kubeadm kubelet kubectl: at their former versions already'
    return 0
  fi
  # shellcheck disable=SC2086
  change_packages install_former "$names" "$names" $specs
  for package in $names; do
    set_former "$package"
    set_present "$package"
    [ "$present" = "$former" ] || fail "the package $package is at $present after $former was put back" 'Look at what the package manager said above.'
  done
  changed=yes
}

apt_former_file() {
  for file in "$record/packages/$1"_*.deb; do
    if [ -f "$file" ] && [ "$(dpkg-deb -f "$file" Version)" = "$2" ]; then
      say "$file"
      return 0
    fi
  done
}

apt_offers() {
  has_line "$(apt_versions "$1")" "$1 $2" && return 0
  apt_update >&2 || return 1
  has_line "$(apt_versions "$1")" "$1 $2"
}

# The one installation of ours that may go down, and only with the packages that it names.
apt_install_former() {
  apt_install --allow-downgrades "$@"
}

dnf_former_file() {
  find "$record/packages" -name "$1-$2.*.rpm" | head -n 1
}

# dnf reads what its repositories have when it installs.
dnf_offers() {
  return 0
}

dnf_install_former() {
  dnf_run downgrade ${dnf_offline:+"--disablerepo=*"} "$@"
}
