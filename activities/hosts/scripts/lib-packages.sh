# shellcheck shell=sh disable=SC2034,SC2154
# Versions of packages, whichever program manages them. Needs: version (v1.34.4).

# Sets manager to apt, dnf or yum, the one that owns kubeadm on this host, and reads which versions are installed. Fails where none does.
find_manager() {
  manager=apt
  if have dpkg-query && read_installed && knows_kubeadm; then return 0; fi
  if have dnf; then manager=dnf; else manager=yum; fi
  have rpm && read_installed && knows_kubeadm
}

# True where read_installed met a package kubeadm, in whatever state.
knows_kubeadm() {
  case "
$installed" in
    *"
kubeadm "*) return 0 ;;
    *) return 1 ;;
  esac
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

# Reads which versions are installed. To be called again whenever they may have changed.
read_installed() {
  if [ "$manager" = apt ]; then
    # shellcheck disable=SC2016
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' kubeadm kubelet kubectl 2> /dev/null) || true
  else
    installed=$(rpm -q --qf '%{NAME} installed %{VERSION}-%{RELEASE}\n' kubeadm kubelet kubectl 2> /dev/null) || true
  fi
}

# Version of a package when read_installed was called last; nothing where it was not installed.
installed_version() {
  found=
  while read -r name state number; do
    if [ "$name $state" = "$1 installed" ]; then found=$number; fi
  done << INSTALLED
$installed
INSTALLED
  say "$found"
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

# Newest revision of the wanted version of package $1 among the lines `NAME VERSION` of $2; nothing where there is none.
newest_match() {
  matches=
  while read -r name candidate; do
    if [ "$name" = "$1" ] && is_version "$candidate" "$version"; then matches="$matches $candidate"; fi
  done << VERSIONS
$2
VERSIONS
  matches=${matches# }
  case $matches in
    '') ;;
    *' '*) say "$matches" | tr ' ' '\n' | sort -V | tail -n 1 ;;
    *) say "$matches" ;;
  esac
}
