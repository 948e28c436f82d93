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

# Sets core to how packagers write a version: a pre-release with a tilde, so that it sorts before the release.
set_core() {
  core=${1#v}
  case $core in *-*) core=${core%%-*}~${core#*-} ;; esac
}

package_core() {
  set_core "$1"
  say "$core"
}

# Version of an installed package; nothing where it is not installed.
installed_version() {
  if [ "$manager" = apt ]; then
    # shellcheck disable=SC2016
    package_state=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2> /dev/null) || return 0
    case $package_state in 'installed '*) say "${package_state#installed }" ;; esac
  else
    rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1" 2> /dev/null | sed -n '/not installed/!p' | tail -n 1
  fi
}

# True where a package's version $1 is the Kubernetes version $2, in any revision of the packager.
is_version() {
  set_core "$2"
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
  matches=
  while read -r candidate; do
    if is_version "$candidate" "$version"; then matches="$matches $candidate"; fi
  done
  matches=${matches# }
  case $matches in
    '') ;;
    *' '*) say "$matches" | tr ' ' '\n' | sort -V | tail -n 1 ;;
    *) say "$matches" ;;
  esac
}
