#!/bin/sh
# Says what a step's newest intent is, without changing anything.
# shellcheck disable=SC2154 # What step.sh and intent.sh set.
retry=$6
if [ ! -e "$folder/lock" ]; then
  say state absent
  exit 0
fi
exec 9<"$folder/lock"
flock -s 9
read_newest_intent
case $state in
  unstarted) state=absent ;;
  finished | interrupted) [ "$recorded_retry" -ge "$retry" ] || state=absent ;;
esac
say state "$state"
