# shellcheck shell=sh disable=SC2034,SC2154
# The repository of a minor. Needs: template (a URL with {minor}, or nothing), minor (1.34), manager.

# Basic regular expression for the repository of any minor. A slash at the end may be there or not.
repository_pattern() {
  say "${template%/}" | sed -e 's/[][\.*^$]/\\&/g' -e 's/{minor}/[0-9][0-9]*\\.[0-9][0-9]*/g'
}

repository_url() {
  say "${template%/}" | sed "s/{minor}/$minor/g"
}

# Files of the host that name the repository, comments aside.
repository_files() {
  pattern=$(repository_pattern)
  if [ "$manager" = apt ]; then
    set -- "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*.list "$root"/etc/apt/sources.list.d/*.sources
  else
    set -- "$root"/etc/yum.repos.d/*.repo
  fi
  for file in "$@"; do
    [ -f "$file" ] || continue
    if sed '/^[[:space:]]*#/d' "$file" | grep -q "$pattern"; then say "$file"; fi
  done
}

require_repository_files() {
  files=$(repository_files)
  [ -z "$files" ] || return 0
  if [ "$manager" = apt ]; then place=/etc/apt/sources.list.d; else place=/etc/yum.repos.d; fi
  fail "no source of packages on this host matches spec.packages.repository $template" "Add the repository of the present minor under $place, or correct the template; with null the host's sources are taken as they are."
}

# The text of file $1 with the new minor in the place of any other.
with_minor() {
  sed "/^[[:space:]]*#/!s|$(repository_pattern)|$(repository_url)|g" "$1"
}

# Names of the sections of yum and dnf that the repository is in: what --disableexcludes takes.
repository_ids() {
  [ -n "$template" ] || return 0
  repository_files | while read -r file; do
    pattern=$(repository_pattern)
    sed '/^[[:space:]]*#/d' "$file" | while IFS= read -r line; do
      case $line in '['*']'*) id=${line#[}; id=${id%%]*} ;; esac
      if say "$line" | grep -q "^baseurl.*$pattern"; then say "$id"; fi
    done
  done | sort -u
}

# Points the host's sources at the new minor. What they were is kept under the record folder, at the same path.
switch_repository() {
  [ -n "$template" ] || return 0
  require_repository_files
  for file in $files; do
    copy=$record/repository${file#"$root"}
    if with_minor "$file" | cmp -s - "$file"; then continue; fi
    mkdir -p "$(dirname "$copy")"
    # The copy of the first run is the one that was there before us.
    [ -e "$copy" ] || cp -p "$file" "$copy"
    sed -i "/^[[:space:]]*#/!s|$(repository_pattern)|$(repository_url)|g" "$file"
    say "repository: ${file#"$root"} now names $(repository_url); the former file is $copy"
  done
}

# Sources of the new minor in folder $1, rendered from the host's own lines with their signatures and options.
render_sources() {
  require_repository_files
  mkdir -p "$1/parts" "$1/lists/partial"
  rm -f "$1"/parts/*
  for file in $files; do
    target=$1/parts/${file##*/}
    case $file in
      *.list) sed '/^[[:space:]]*#/d' "$file" | grep "$(repository_pattern)" ;;
      *) cat "$file" ;;
    esac > "$target.former"
    with_minor "$target.former" > "$target"
    rm "$target.former"
  done
  # A file of stanzas may hold other repositories too: they are left out.
  only_matching_stanzas "$1"
}

only_matching_stanzas() {
  for file in "$1"/parts/*.sources; do
    [ -f "$file" ] || continue
    url=$(repository_url) awk 'BEGIN { RS = ""; ORS = "\n\n" } index($0, ENVIRON["url"])' "$file" > "$file.kept"
    mv "$file.kept" "$file"
  done
  for file in "$1"/parts/*.repo; do
    [ -f "$file" ] || continue
    url=$(repository_url) awk '
      /^\[/ { if (index(section, ENVIRON["url"])) printf "%s", section; section = "" }
      { section = section $0 "\n" }
      END { if (index(section, ENVIRON["url"])) printf "%s", section }' "$file" > "$file.kept"
    mv "$file.kept" "$file"
  done
}
