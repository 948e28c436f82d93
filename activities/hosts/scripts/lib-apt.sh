# shellcheck shell=sh disable=SC2034,SC2154
# apt and dpkg. Needs: version, template, staged (folder of what is fetched ahead).

# Set to yes by whoever must change nothing of the host: lists are then read into a folder of ours.
apart=no

# Runs $1 with the sources that render_sources made in $staged, or with the host's own where there is no template.
# Whoever else installs packages is waited for.
apt_staged() {
  program=$1
  shift
  # A folder of ours is there only where the host's own lists did not know the version.
  if [ -n "$template" ] || { [ "$apart" = yes ] && [ -d "$staged/lists" ]; }; then
    set -- -o "Dir::State::lists=$staged/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
  fi
  if [ -n "$template" ]; then
    set -- -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$staged/parts" "$@"
  fi
  "$program" -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=600 "$@"
}

# Lines `NAME VERSION` of what `apt-cache madison` says: `   kubeadm | 1.34.4-1.1 | https://… Packages`
apt_rows() {
  while read -r name _ candidate _; do say "$name $candidate"; done
}

apt_versions() {
  apt-cache madison "$@" | apt_rows
}

# With a template the lists of the new minor are read, into a folder of ours; without, those of the host's own sources where its
# lists do not know it yet. One source that fails is not all of them: the lists of the others are read, and decide.
apt_staged_versions() {
  if [ -n "$template" ]; then
    render_sources "$staged"
    apt_staged apt-get update -q -o APT::Get::List-Cleanup=0 >&2 || return
    apt_staged apt-cache madison "$@" | apt_rows
    return 0
  fi
  rows=$(apt_versions "$@")
  set_candidate "$1" "$rows"
  if [ -z "$candidate" ]; then
    [ "$apart" = no ] || private_folder "$staged/lists/partial"
    apt_staged apt-get update -q >&2 || say "note: apt-get could not read all sources" >&2
    rows=$(apt_staged apt-cache madison "$@" | apt_rows)
  fi
  say "$rows"
}

# Reads the lists of the switched source, and of that one only.
apt_update() {
  if [ -z "$template" ]; then
    apt-get update -q -o DPkg::Lock::Timeout=600 || say 'note: apt-get could not read all sources'
    return 0
  fi
  for file in $(repository_files); do
    apt-get update -q -o "Dir::Etc::sourcelist=$file" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 -o DPkg::Lock::Timeout=600
  done
}

# Fetches the packages $@ (name=version) and what they depend on, without installing. They are held now: that counts for nothing
# where nothing is installed.
apt_fetch() {
  private_folder "$staged/archives/partial"
  apt_staged apt-get install -y -q --download-only --no-install-recommends --allow-change-held-packages \
    -o "Dir::Cache::archives=$staged/archives" "$@"
}

# Lines `install NAME` and `remove NAME` of what installing $@ would do.
apt_simulate() {
  apt-get install -s -q --no-install-recommends "$@" > "$record/simulation" || {
    cat "$record/simulation" >&2
    fail "apt-get cannot install $*" 'See what stands in its way above; correct it on the host.'
  }
  while read -r action name _; do
    case $action in
      Inst) say "install $name" ;;
      Remv) say "remove $name" ;;
    esac
  done < "$record/simulation"
}

# What was fetched ahead is taken from its folder, so that nothing is fetched now.
apt_install() {
  [ -d "$staged/archives/partial" ] || mkdir -p "$staged/archives/partial"
  apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root \
    -o "Dir::Cache::archives=$staged/archives" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# A run of ours that was cut off leaves packages half installed, and apt refuses everything until that is mended.
apt_mend() {
  [ -e "$record/changing" ] || return 0
  say 'an earlier run was cut off while it installed: dpkg finishes what it began'
  dpkg --configure -a --force-confdef --force-confold || say "note: dpkg could not finish all of it; the installation goes on and says what it needs"
  read_installed
}

# Fetches the files of the packages $@ (name=version) into the record; those of some of them where it fails.
apt_download() (
  cd "$record/packages" || exit
  apt-get download -q -o APT::Sandbox::User=root "$@" > /dev/null 2>&1
)

# The same of package $1 of version $2, from what apt has fetched before.
apt_cached_file() {
  cp "$root"/var/cache/apt/archives/"$1"_*"${2#*:}"_*.deb "$record/packages" 2> /dev/null
}

# Names of the packages on hold when read_installed was called last, a line each.
apt_held() {
  while read -r known _ known_wanted _; do
    [ "$known_wanted" != hold ] || say "$known"
  done << INSTALLED
$installed
INSTALLED
}

apt_hold() { apt-mark hold "$@"; }
apt_unhold() { apt-mark unhold "$@"; }

# Unpacks kubeadm of the staged package into folder $1, not installed; prints the program's path.
apt_unpack_kubeadm() {
  archive=
  for file in "$staged"/archives/kubeadm_*.deb; do
    [ -f "$file" ] || continue
    # apt names a file by package, version and architecture, and writes a colon as %3a.
    named=${file##*/kubeadm_}
    named=${named%_*}
    if is_version "${named#*%3a}" "$version"; then archive=$file; fi
  done
  [ -n "$archive" ] || fail "no package kubeadm $version is in $staged/archives" "Look at what apt-get said above."
  dpkg-deb -x "$archive" "$1"
  say "$1/usr/bin/kubeadm"
}
