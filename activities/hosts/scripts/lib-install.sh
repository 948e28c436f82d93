# shellcheck shell=sh disable=SC2034,SC2154
# Installs exact versions of named packages and of nothing else.
# Needs: manager, version, template, record, staged.

# Reads the sources that are fetched from ahead. Lines `NAME VERSION` of all versions of the packages $@ that they have; what the
# package manager says goes to standard error.
staged_versions() { "${family}_staged_versions" "$@"; }

use_manager() {
  # Its root is replaced as a whole: what dnf installs there is gone after the next boot, or is refused.
  [ ! -e "$root/run/ostree-booted" ] || refuse_manager rpm-ostree
  if ! find_manager; then
    set_other_manager
    [ -z "$other" ] || refuse_manager "$other"
    fail 'neither dpkg nor rpm knows a package kubeadm on this host' 'Install kubeadm, kubelet and kubectl as packages: files that no package owns are not upgraded.'
  fi
  if [ "$manager" = apt ]; then family=apt; separator='='; else family=dnf; separator='-'; fi
}

refuse_manager() {
  fail "packages of this host are managed by $1, which is not supported: apt, dnf and yum are" "Upgrade this node by hand and leave it out of the upgrade, or replace it by a host with one of those."
}

# Creates what the steps of a node's upgrade keep on the host, all at once.
make_folders() {
  set -- "$record/packages" "$record/versions" "$record/held" "$staged"
  [ "$manager" != apt ] || set -- "$@" "$staged/archives/partial"
  private_folder "$@"
}

# Writes down the present version of each package, and keeps its file for the way back where it can still be had.
keep_former() {
  kept=
  for package in kubeadm kubelet kubectl; do
    [ ! -e "$record/packages/.$package" ] || continue
    set_present "$package"
    [ -e "$record/versions/$package" ] || say "$present" > "$record/versions/$package"
    read -r former < "$record/versions/$package" || former=
    [ -n "$former" ] || continue
    # Once it is replaced, its repository may be gone too.
    [ "$present" = "$former" ] || continue
    kept="$kept $package$separator$former"
  done
  [ -n "$kept" ] || return 0
  together=yes
  # shellcheck disable=SC2086
  "${family}_download" $kept || together=no
  for spec in $kept; do
    package=${spec%%"$separator"*}
    former=${spec#*"$separator"}
    if [ "$together" = yes ] || "${family}_download" "$spec" || "${family}_cached_file" "$package" "$former"; then
      : > "$record/packages/.$package"
    else
      say "note: the file of the former package $package $former cannot be had any more: only its version is recorded"
    fi
  done
}

# $1: names that the transaction may also install, in blanks. The rest: the packages wanted.
install_exactly() {
  companions=$1
  shift
  wanted=$*
  refuse_newer "$@"
  missing=
  for package in $wanted; do
    at_target "$package" || missing="$missing $package"
  done
  # Holds are restored by the caller's trap: also those of a run that was cut off.
  if [ -z "$missing" ]; then
    say "$wanted: at $version already"
    return 0
  fi
  [ "$manager" != apt ] || apt_mend
  specs=
  # shellcheck disable=SC2086
  offered=$("${family}_versions" $missing)
  for package in $missing; do
    set_candidate "$package" "$offered"
    if [ -z "$candidate" ] && [ "$manager" = apt ]; then
      apt_update
      # shellcheck disable=SC2086
      offered=$(apt_versions $missing)
      set_candidate "$package" "$offered"
    fi
    [ -n "$candidate" ] || fail "no package $package $version is in the sources of this host" "See \`apt-cache madison $package\` or \`dnf list --showduplicates $package\`; spec.packages.repository names the repository of a minor."
    specs="$specs $package$separator$candidate"
  done
  # shellcheck disable=SC2086
  change_packages install "$missing" "$wanted $companions" $specs
  for package in $wanted; do
    at_target "$package" || fail "the package $package is at $present after the installation of $version" 'Look at what the package manager said above.'
  done
  changed=yes
}

# One transaction of the package manager; a mark in the record stays while it may be half done. $1: function of the family that makes
# it, without the family's name, $2: packages whose holds are lifted, $3: names that it may install. The rest: what is installed.
change_packages() {
  act=${family}_$1
  # shellcheck disable=SC2086
  release_holds $2
  may_install=$3
  shift 3
  refuse_others "$may_install" "$@"
  : > "$record/changing"
  "$act" "$@"
  read_installed
  rm -f "$record/changing"
}

# Ends the step before anything is installed where the transaction touches any other package.
refuse_others() {
  allowed=" $1 "
  shift
  actions=$("${family}_simulate" "$@")
  others=
  while read -r action name; do
    [ -n "$action" ] || continue
    case "$action $allowed" in
      "install "*" ${name%%:*} "*) ;;
      *) others="$others $action ${name%%:*};" ;;
    esac
  done << ACTIONS
$actions
ACTIONS
  [ -z "$others" ] || fail "installing $* would change other packages too:$others nothing was installed" 'Bring those packages up to date in a maintenance of your own, then retry.'
}
