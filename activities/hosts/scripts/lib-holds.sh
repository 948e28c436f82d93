# shellcheck shell=sh disable=SC2034,SC2154
# Holds (apt-mark, dnf versionlock). What was held before the first change is written down once and held again in the end,
# whatever happened in between. Needs: manager, family, record.
lifted=

# Lifts the holds of the packages $@.
release_holds() {
  private_folder "$record/held"
  # Whoever holds a package while its new version is fetched finds it held afterwards.
  read_installed
  held=$("${family}_held")
  lifted=
  for package in "$@"; do
    was_held=no
    if has_line "$held" "$package"; then
      was_held=yes
      lifted="$lifted $package"
    fi
    [ -e "$record/held/$package" ] || say "$was_held" > "$record/held/$package"
  done
  # shellcheck disable=SC2086
  [ -z "$lifted" ] || "${family}_unhold" $lifted
}

# Holds again what of the packages $@ was held before. Those that were lifted here are known not to be held.
restore_holds() {
  for package; do
    shift
    was_held=no
    if [ -e "$record/held/$package" ]; then read -r was_held < "$record/held/$package" || was_held=; fi
    [ "$was_held" = no ] || set -- "$@" "$package"
  done
  [ $# -gt 0 ] || return 0
  if [ "$*" != "${lifted# }" ]; then
    read_installed
    held=$("${family}_held") || held=
    for package; do
      shift
      has_line "$held" "$package" || set -- "$@" "$package"
    done
    [ $# -gt 0 ] || return 0
  fi
  "${family}_hold" "$@" && return 0
  for package; do "${family}_hold" "$package" || say "note: $package could not be held again"; done
}
