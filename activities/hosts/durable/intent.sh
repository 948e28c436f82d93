#!/bin/sh
# What the intents of one step say about it. Put before a script that has set $folder (of the step) and $unit (its name
# without the intent's number), and that holds the step's lock.
# shellcheck disable=SC2034 # What the script after it reads.
: "${folder:?}" "${unit:?}"

# Sets $newest to the number of the newest intent, 0 where there is none.
find_newest_intent() {
  newest=0
  for candidate in "$folder"/*/; do
    candidate=${candidate%/}
    candidate=${candidate##*/}
    case $candidate in '' | *[!0-9]*) continue ;; esac
    if [ "$candidate" -gt "$newest" ]; then newest=$candidate; fi
  done
}

# Sets $state to absent, unstarted, running, finished or interrupted; $intent and $recorded_retry with it.
read_newest_intent() {
  find_newest_intent
  intent=$folder/$newest
  recorded_retry=0
  state=absent
  [ "$newest" -gt 0 ] || return 0
  if [ -e "$intent/retry" ]; then read -r recorded_retry <"$intent/retry" || recorded_retry=0; fi
  state=finished
  ! read_result || return 0
  state=unstarted
  [ -e "$intent/started" ] || return 0
  state=running
  flock -n -s 8 8<>"$intent/alive" || return 0
  ! unit_runs || return 0
  # The unit may have ended between the two looks.
  state=finished
  ! read_result || return 0
  state=interrupted
}

# Sets $code, $begin and $end to what the newest intent's unit left in its end. What a crash of the host left of the line counts
# for nothing.
read_result() {
  [ -e "$intent/result" ] && read -r code begin end <"$intent/result" || return 1
  case $code:$begin:$end in :* | *: | *::* | *[!0-9.:]*) return 1 ;; esac
}

# True while systemd counts the newest intent's unit as running. Covers the moments in which its lock is not held:
# before its first line, and while what it left is being ended.
unit_runs() {
  activity=$(systemctl is-active "$unit-$newest.service" || :)
  case $activity in
    active | activating | deactivating | reloading | refreshing | maintenance) return 0 ;;
    inactive | failed | unknown) return 1 ;;
  esac
  printf 'systemctl is-active says "%s"\n' "$activity" >&2
  exit 1
}
