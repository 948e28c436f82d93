#!/bin/sh
# Who may still decide about a step. Put behind step.sh, before a script whose argument 7 is the caller's token: five numbers, the
# later caller's higher from left to right: turn, start of its workflow run, place of its activity in that run, attempt, and when that
# attempt was scheduled.
: "${folder:?}"
token=$7

# Refuses a caller that a newer one has replaced, and records this one. To be called with the step's lock. A line each: what is
# recorded is never written over, and a line that a crash of the host cut off lacks its end and counts for nothing.
#
# The turn comes first: it is a count, and no clock. Within one activity the attempt counts as well; where a person has Temporal count
# them from 1 again, the time tells that such an attempt is later.
pass_fence() {
  # shellcheck disable=SC2086
  set -- $token
  last='' most_attempt=0 most_time=0
  if [ -e "$folder/fence" ]; then
    while read -r turn run order attempt time mark; do
      case $mark:$turn:$run:$order:$attempt:$time in end:*[!0-9:]* | end:*::*) continue ;; end:*) ;; *) continue ;; esac
      if [ "$turn:$run:$order" = "$1:$2:$3" ]; then
        last=$attempt:$time
        [ "$attempt" -le "$most_attempt" ] || most_attempt=$attempt
        [ "$time" -le "$most_time" ] || most_time=$time
      elif is_later; then
        say superseded "$turn" "$run" "$attempt"
        exit 0
      fi
    done <"$folder/fence"
  fi
  [ "$4:$5" != "$last" ] || return 0
  if [ -n "$last" ] && [ "$4" -le "$most_attempt" ] && [ "$5" -le "$most_time" ]; then
    say superseded "$1" "$2" "$most_attempt"
    exit 0
  fi
  printf '\n%s %s %s %s %s end\n' "$@" >>"$folder/fence"
}

# True where the line that was read is of a later activity than the caller's.
is_later() {
  # shellcheck disable=SC2086
  set -- $token
  [ "$turn" -eq "$1" ] || { [ "$turn" -gt "$1" ] && return 0 || return 1; }
  [ "$run" -eq "$2" ] || { [ "$run" -gt "$2" ] && return 0 || return 1; }
  [ "$order" -gt "$3" ]
}
