# shellcheck shell=sh disable=SC2034,SC2154
# Holds (apt-mark, dnf versionlock). What was held before the first change is written down once and held again in the end,
# whatever happened in between. Needs: manager, record.

is_held() {
  if [ "$manager" = apt ]; then apt_is_held "$1"; else dnf_is_held "$1"; fi
}

release_hold() {
  [ -d "$record/held" ] || mkdir -p "$record/held"
  if is_held "$1"; then held=yes; else held=no; fi
  [ -e "$record/held/$1" ] || say "$held" > "$record/held/$1"
  [ "$held" = yes ] || return 0
  if [ "$manager" = apt ]; then apt-mark unhold "$1"; else "$manager" -q versionlock delete "$1"; fi
}

restore_hold() {
  [ -e "$record/held/$1" ] || return 0
  read -r held < "$record/held/$1" || held=
  if [ "$held" = no ] || is_held "$1"; then return 0; fi
  if [ "$manager" = apt ]; then apt-mark hold "$1"; else "$manager" -q versionlock add "$1"; fi
}
