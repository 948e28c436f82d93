#!/bin/sh
# Records the caller as the step's newest one, and says what the step's newest intent is. Nothing else changes.
# shellcheck disable=SC2154 # What step.sh and intent.sh set.
retry=$6
[ -d "$folder" ] || mkdir -p "$folder"
exec 9>>"$folder/lock"
flock -x 9
pass_fence
read_newest_intent
case $state in
  unstarted) state=absent ;;
  finished | interrupted) [ "$recorded_retry" -ge "$retry" ] || state=absent ;;
esac
say state "$state"
