# shellcheck shell=sh disable=SC2034,SC2154
# Whether a file that dnf or yum has fetched is what its repository's key signed. The package manager looks when it installs; dnf 5
# does not when it only downloads, so rpm is asked before such a file is unpacked, run or kept. Needs: template, staged.

# Sets refusal to what rpm says against the file $4; to nothing where it may be used. $1: dnf_staged or dnf_run, which fetched it,
# $2: package, $3: its version.
set_refusal() {
  refusal=
  passed=yes
  if signature_required "$1" "$2" "$3"; then
    verdict=$(rpmkeys --define '_pkgverify_level signature' --checksig "$4" 2>&1) || passed=no
    # An rpm that does not know the level takes an unsigned file too.
    is_signed "${verdict##*.rpm: }" || passed=no
  else
    verdict=$(rpmkeys --define '_pkgverify_level digest' --nosignature --checksig "$4" 2>&1) || passed=no
  fi
  [ "$passed" = yes ] || refusal=${verdict:-rpmkeys ended without a word}
}

# True where rpmkeys names a good signature: `digests signatures OK`, before rpm 4.14 `rsa sha1 (md5) pgp md5 OK`.
is_signed() {
  case $1 in
    *'NOT OK'*) return 1 ;;
    'digests signatures OK' | *' pgp '*OK | *' gpg '*OK) return 0 ;;
    *) return 1 ;;
  esac
}

# True but where every repository that a package may come from says gpgcheck=0.
signature_required() {
  ! overrides_require || return 0
  rules=$(signature_rules "$1")
  case $rules in
    '') return 0 ;;
    *' on'*) ;;
    *) return 1 ;;
  esac
  case $rules in *' off'*) ;; *) return 0 ;; esac
  origins=$("$1" list --showduplicates "$2" 2> /dev/null | origins_of "$2" "$3") || origins=
  [ -n "$origins" ] || return 0
  for origin in $origins; do
    has_line "$rules" "$origin off" || return 0
  done
  return 1
}

# Repositories that offer package $1 at version $2, of what `list` says. Where an installed one once came from says nothing of a file.
origins_of() {
  awk -v package="$1" -v version="$2" '
    /^Installed/ { skip = 1; next }
    /^[A-Z][a-z]+ / { skip = 0; next }
    !skip && $2 == version && NF > 2 { split($1, part, "."); if (part[1] == package && substr($3, 1, 1) != "@") print $3 }'
}

# Lines `REPOSITORY on` and `REPOSITORY off`: a section's own gpgcheck, else that of [main]; on where neither says it.
signature_rules() {
  if [ "$1" = dnf_staged ] && [ -n "$template" ]; then
    set -- "$staged"/parts/*.repo
  else
    set -- "$root"/etc/yum.repos.d/*.repo "$root"/etc/yum/repos.d/*.repo "$root"/etc/distro.repos.d/*.repo
    # Repositories of folders that are not read here.
    cat "$root/etc/dnf/dnf.conf" "$root/etc/yum.conf" "$root"/etc/dnf/libdnf5.conf.d/*.conf 2> /dev/null | sed -n 's/^reposdir[ 	]*=.*/(reposdir) on/p'
  fi
  cat "$root/etc/dnf/dnf.conf" "$root/etc/yum.conf" "$root"/usr/share/dnf5/libdnf.conf.d/*.conf "$root"/etc/dnf/libdnf5.conf.d/*.conf "$@" 2> /dev/null | awk '
    /^[ \t]*[#;]/ { next }
    /^\[/ { id = $0; sub(/^\[/, "", id); sub(/\].*/, "", id); known[id] = 1; next }
    tolower($0) ~ /^[ \t]*(pkg_)?gpgcheck[ \t]*=/ {
      value = tolower($0)
      margin = value !~ /^[ \t]/
      sub(/^[^=]*=[ \t]*/, "", value)
      sub(/[ \t\r]*$/, "", value)
      # Twice in one section: the one that requires more counts.
      said[id] = (margin && value ~ /^(0|no|false|off)$/ && said[id] != "on") ? "off" : "on"
    }
    END {
      main = ("main" in said) ? said["main"] : "on"
      for (id in known) if (id != "main") print id, (id in said) ? said[id] : main
    }'
}

# dnf 5 reads these after the repositories; whose section they mean is a pattern.
overrides_require() {
  cat "$root"/usr/share/dnf5/repos.override.d/*.repo "$root"/etc/dnf/repos.override.d/*.repo 2> /dev/null |
    grep -Ei '^[[:space:]]*(pkg_)?gpgcheck[[:space:]]*=' | grep -Eivq '=[[:space:]]*(0|no|false|off)[[:space:]]*$'
}
