#!/bin/sh
# Who may still decide about a step. Put behind step.sh, before a script whose arguments 7 and 8 are the caller's token.
: "${folder:?}"
epoch=$7 attempt=$8

# Refuses a caller that a newer one has replaced, and records this one. To be called with the step's lock. A line each: what is
# recorded is never written over, and a line that a crash of the host cut off counts for nothing.
pass_fence() {
  if [ -e "$folder/fence" ]; then
    while read -r recorded_epoch recorded_attempt; do
      case $recorded_epoch:$recorded_attempt in :* | *: | *[!0-9:]*) continue ;; esac
      if [ "$recorded_epoch" -gt "$epoch" ] || { [ "$recorded_epoch" -eq "$epoch" ] && [ "$recorded_attempt" -gt "$attempt" ]; }; then
        say superseded "$recorded_epoch" "$recorded_attempt"
        exit 0
      fi
    done <"$folder/fence"
  fi
  printf '\n%s %s\n' "$epoch" "$attempt" >>"$folder/fence"
}
