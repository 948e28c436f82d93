# shellcheck shell=sh disable=SC2034,SC2154
# Versions of packages, whichever program manages them. Needs: version (v1.34.4).

# apt, dnf or yum: the one that owns kubeadm on this host.
package_manager() {
  if have dpkg-query && dpkg-query -W kubeadm > /dev/null 2>&1; then
    say apt
  elif have rpm && rpm -q kubeadm > /dev/null 2>&1; then
    if have dnf; then say dnf; else say yum; fi
  else
    fail 'neither dpkg nor rpm knows a package kubeadm on this host' 'Install kubeadm, kubelet and kubectl as packages: files that no package owns are not upgraded.'
  fi
}

# How packagers write a version: a pre-release with a tilde, so that it sorts before the release.
package_core() {
  say "${1#v}" | sed 's/-/~/'
}

# Version of an installed package; nothing where it is not installed.
installed_version() {
  if [ "$manager" = apt ]; then
    # shellcheck disable=SC2016
    dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2> /dev/null | sed -n 's/^installed //p'
  else
    rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" 2> /dev/null | sed -n '/not installed/!p' | tail -n 1
  fi
}

# True where a package's version $1 is the Kubernetes version $2, in any revision of the packager.
is_version() {
  core=$(package_core "$2")
  case ${1#*:} in
    "$core" | "$core"-*) return 0 ;;
    *) return 1 ;;
  esac
}

at_target() {
  is_version "$(installed_version "$1")" "$version"
}

# Newest of the lines on stdin that is the wanted version; nothing where none is.
newest_match() {
  while read -r candidate; do
    if is_version "$candidate" "$version"; then say "$candidate"; fi
  done | sort -V | tail -n 1
}
