# shellcheck shell=sh disable=SC2034,SC2154
# Versions of packages, whichever program manages them. Needs: version (v1.34.4).

# Sets manager to apt, dnf, dnf5 or yum, the one that owns kubeadm on this host, and reads which versions are installed. Fails where
# none does.
find_manager() {
  manager=apt
  if have dpkg-query && read_installed && knows_kubeadm; then return 0; fi
  for manager in dnf dnf5 yum none; do
    if have "$manager"; then break; fi
  done
  [ "$manager" != none ] && have rpm && read_installed && knows_kubeadm
}

# Sets other to the program that manages packages here where it is one that no step can use; to nothing where there is none.
set_other_manager() {
  other=
  if [ -e "$root/run/ostree-booted" ]; then other=rpm-ostree; fi
  for program in rpm-ostree transactional-update zypper apk pacman emerge xbps-install; do
    if [ -z "$other" ] && have "$program"; then other=$program; fi
  done
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

# Reads which versions are installed, and for apt what is on hold: lines `NAME STATE WANTED VERSION`, WANTED being `hold` or any
# other word. To be called again whenever they may have changed.
read_installed() {
  if [ "$manager" = apt ]; then
    # shellcheck disable=SC2016
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status} ${db:Status-Want} ${Version}\n' kubeadm kubelet kubectl 2> /dev/null) || true
  else
    installed=$(rpm -q --qf '%{NAME} installed - %{VERSION}-%{RELEASE}\n' kubeadm kubelet kubectl 2> /dev/null) || true
  fi
}

# Sets present to the version of package $1 when read_installed was called last; to nothing where it was not installed.
set_present() {
  present=
  while read -r known known_state _ known_version; do
    if [ "$known $known_state" = "$1 installed" ]; then present=$known_version; fi
  done << INSTALLED
$installed
INSTALLED
}

# True where a package's version $1 is the Kubernetes version $2, in any revision of the packager.
is_version() {
  set_core "$2"
  case ${1#*:} in
    "$core" | "$core"-*) return 0 ;;
    *) return 1 ;;
  esac
}

# True where a package's version $1 is newer than the Kubernetes version $2. Of two pre-releases neither counts as newer.
is_newer() {
  left=${1#*:}
  left=${left%%[!0-9.]*}
  right=${2#v}
  right=${right%%[!0-9.]*}
  while [ -n "$left" ] && [ -n "$right" ]; do
    [ "${left%%.*}" -eq "${right%%.*}" ] || { [ "${left%%.*}" -gt "${right%%.*}" ] && return 0 || return 1; }
    case $left in *.*) left=${left#*.} ;; *) left= ;; esac
    case $right in *.*) right=${right#*.} ;; *) right= ;; esac
  done
  case "$2 ${1#*:}" in
    *-*' '*'~'*) return 1 ;;
    *-*' '?*) return 0 ;;
    *) return 1 ;;
  esac
}

# Ends the script where one of the packages $@ is newer than the wanted version: an upgrade takes nothing back.
refuse_newer() {
  for package; do
    set_present "$package"
    if is_newer "$present" "$version"; then
      fail "the package $package is at $present, newer than $version: it would be taken back, and nothing was changed" 'Somebody has upgraded this host since the plan was made: look at it, then make a new plan.'
    fi
  done
}

# True where package $1 is at the wanted version. Sets present as well.
at_target() {
  set_present "$1"
  is_version "$present" "$version"
}

# Sets candidate to the newest revision of the wanted version of package $1 among the lines `NAME VERSION` of $2; to nothing where
# there is none.
set_candidate() {
  candidate=
  while read -r offered_name offered_version; do
    if [ "$offered_name" = "$1" ] && is_version "$offered_version" "$version"; then candidate="$candidate $offered_version"; fi
  done << VERSIONS
$2
VERSIONS
  candidate=${candidate# }
  case $candidate in *' '*) candidate=$(say "$candidate" | tr ' ' '\n' | sort -V | tail -n 1) ;; esac
}
