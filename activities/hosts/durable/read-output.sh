#!/bin/sh
# Writes the output of a step's newest intent to standard output, its last $limit bytes where it is longer.
# shellcheck disable=SC2154 # What step.sh and intent.sh set.
limit=$6
find_newest_intent
if [ "$newest" -eq 0 ] || [ ! -e "$folder/$newest/output" ]; then
  say output absent
  exit 0
fi
size=$(wc -c <"$folder/$newest/output")
say output "$newest" "$((size))"
tail -c "$limit" "$folder/$newest/output"
