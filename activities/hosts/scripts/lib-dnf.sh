# shellcheck shell=sh disable=SC2034,SC2154
# dnf, or yum where there is no dnf, and rpm. Needs: manager, version, template, staged (folder of what is fetched ahead).
# The community's repository excludes its own packages from common upgrades: each command here lifts that for itself.

# Without a template the repository may have any name. Whatever else that lets in, refuse_others keeps out.
dnf_excludes() {
  ids=$(repository_ids | tr '\n' ' ')
  # With several the last one would count alone.
  case ${ids% } in
    '' | *' '*) say all ;;
    *) if excludes_in_main; then say all; else say "${ids% }"; fi ;;
  esac
}

# True where the configuration of the package manager itself keeps packages of Kubernetes out.
excludes_in_main() {
  for file in etc/dnf/dnf.conf etc/yum.conf; do
    if [ -f "$root/$file" ] && grep -Eq '^[[:space:]]*exclude(pkgs)?[[:space:]]*=' "$root/$file"; then return 0; fi
  done
  return 1
}

# dnf 5 has the option under another name, which yum and older dnf do not all know.
dnf_lifted() {
  if is_dnf5; then
    say "--setopt=disable_excludes=$(dnf_excludes)"
  else
    say "--disableexcludes=$(dnf_excludes)"
  fi
}

# Metadata and packages stay in a folder of ours, so that a later installation finds them there. A repository that fails and is not
# needed does not stand in the way of those that are.
dnf_run() {
  command=$1
  shift
  "$manager" -y ${dnf_quiet:+"$dnf_quiet"} "$command" "$(dnf_lifted)" "--setopt=cachedir=$staged/cache" --setopt=keepcache=1 "$dnf_skip" "$@"
}
dnf_skip='--setopt=*.skip_if_unavailable=1'
dnf_quiet=-q

# The same with the sources that render_sources made in $staged, or with the host's own where there is no template.
dnf_staged() {
  command=$1
  shift
  if [ -n "$template" ]; then set -- "--setopt=reposdir=$staged/parts" "$@"; fi
  dnf_run "$command" "$@"
}

# `kubeadm.x86_64  1.34.4-150500.1.1  kubernetes`
dnf_rows() {
  awk '{ split($1, part, "."); print part[1], $2 }'
}

dnf_staged_versions() {
  [ -z "$template" ] || render_sources "$staged"
  # Told to be quiet, dnf says nothing of a repository that it passes over.
  dnf_quiet=
  code=0
  dnf_staged makecache >&2 || code=$?
  dnf_quiet=-q
  [ "$code" = 0 ] || return "$code"
  dnf_staged list --showduplicates "$@" | dnf_rows
}

dnf_versions() {
  dnf_run list --showduplicates "$@" | dnf_rows
}

dnf_fetch() {
  dnf_staged install --downloadonly "$@"
}

# What a transaction is asked for: only one that is to go down may downgrade. Not empty: with the named files alone.
dnf_verb=install
dnf_offline=

# --assumeno prints the transaction and ends with 1.
dnf_simulate() {
  "$manager" "$dnf_verb" --assumeno ${dnf_offline:+"--disablerepo=*"} "$(dnf_lifted)" "--setopt=cachedir=$staged/cache" "$dnf_skip" "$@" > "$record/simulation" 2>&1 || true
  grep -q '^Transaction Summary' "$record/simulation" || grep -qi 'nothing to do' "$record/simulation" || {
    cat "$record/simulation" >&2
    fail "$manager cannot install $*" 'See what stands in its way above; correct it on the host.'
  }
  awk -v verb="$dnf_verb" '
    /^Transaction Summary/ { exit }
    /^[A-Z][a-z]+/ { action = ($1 ~ /^Removing/ || ($1 ~ /^Downgrading/ && verb != "downgrade")) ? "remove" : ($1 ~ /^(Installing|Upgrading|Updating|Reinstalling|Downgrading)/) ? "install" : "" }
    /^ [A-Za-z0-9]/ && action != "" && $1 != "Package" { print action, $1 }' "$record/simulation"
}

dnf_install() {
  dnf_run install "$@"
}

# Each by itself: dnf says nothing of one among several that it cannot fetch. A kept file is installed later as it is: one that rpm
# does not verify is not kept.
dnf_download() {
  for spec in "$@"; do
    "$manager" -y -q reinstall --downloadonly "$(dnf_to "$record/packages")" "$(dnf_lifted)" "$dnf_skip" "$spec" > /dev/null 2>&1 || return 1
    file=$(find "$record/packages" -name "$spec.*.rpm" | head -n 1)
    [ -n "$file" ] || return 1
    set_refusal dnf_run "${spec%%-*}" "${spec#*-}" "$file"
    [ -n "$refusal" ] || continue
    rm -f "$file"
    say "note: the fetched file of $spec is not verified, and is not kept: $refusal"
    return 1
  done
}

# dnf 5 has this option too under another name.
dnf_to() {
  if is_dnf5; then say "--destdir=$1"; else say "--downloaddir=$1"; fi
}

is_dnf5() {
  case $("$manager" --version 2> /dev/null) in dnf5*) return 0 ;; *) return 1 ;; esac
}

dnf_cached_file() {
  return 1
}

# Names of the locked packages, a line each. yum writes `1:kubelet-1.33.13-150500.1.1.*`, dnf 4 `kubelet-0:1.33.13-150500.1.1.*`, and
# either may have been given `kubelet` or `kubelet-1.33.*`; a `!` in front keeps one version out, and locks none. dnf 5 writes a
# package over several lines, `Package name: kubelet` and `evr = 1.33.13-150500.1.1`, where `!=` keeps a version out.
dnf_held() {
  "$manager" -q versionlock list 2> /dev/null | awk '
    /^Package name: / { name = $3; next }
    name != "" && ($1 == "evr" || $1 == "epoch" || $1 == "evra" || $1 == "version") { if ($2 != "!=") print name; next }
    /^#/ || /^$/ || /^!/ || / / { next }
    { sub(/^[0-9]+:/, ""); sub(/-([0-9]|\*).*/, ""); sub(/\.\*$/, ""); print }' | sort -u
}

dnf_hold() { "$manager" -q versionlock add "$@"; }
dnf_unhold() { "$manager" -q versionlock delete "$@"; }

dnf_unpack_kubeadm() {
  set_core "$version"
  archive=$(find "$staged/cache" -name "kubeadm-$core-*.rpm" | sort -V | tail -n 1)
  if [ -z "$archive" ]; then
    # Packages of a repository on a disk are used where they are, and copied only where a folder is named.
    mkdir -p "$staged/local"
    dnf_staged install --downloadonly "$(dnf_to "$staged/local")" "kubeadm-$core-*" >&2
    archive=$(find "$staged/local" -name "kubeadm-$core-*.rpm" | sort -V | tail -n 1)
  fi
  [ -n "$archive" ] || fail "no package kubeadm $version is in $staged/cache" "Look at what $manager said above."
  named=${archive##*/kubeadm-}
  named=${named%.rpm}
  set_refusal dnf_staged kubeadm "${named%.*}" "$archive"
  [ -z "$refusal" ] || fail "the fetched package kubeadm $version is not verified, and nothing of it was run: $refusal" "Where its key is missing, import the gpgkey of its repository with \`rpm --import\`; where it is not signed, ask who runs the repository. Only gpgcheck=0 in the repository's section takes unsigned packages."
  mkdir -p "$1"
  (cd "$1" && rpm2cpio "$archive" | cpio -idm --quiet ./usr/bin/kubeadm)
  say "$1/usr/bin/kubeadm"
}
