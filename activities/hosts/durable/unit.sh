#!/bin/sh
# What a step's unit runs; its argument is the intent's folder. The unit is of systemd's type "forking", so that systemd-run
# returns only when the lock is held: whoever sees the unit started can wait for the lock instead of asking again and again.
set -eu
intent=$1
cd /
umask 077
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
exec 9>>"$intent/alive"
flock -x 9
: >"$intent/began"
{
  read -r begin _ </proc/uptime
  code=0
  # The lock stays with this shell: a process that the script leaves behind must not hold it.
  (
    umask 022
    # Sets the arguments: words that were quoted by the one who wrote them.
    # shellcheck disable=SC1091
    . "$intent/args"
    exec sh "$intent/script" "$@"
  ) </dev/null 9>&- || code=$?
  read -r end _ </proc/uptime
  printf '%s %s %s\n' "$code" "$begin" "$end" >"$intent/result.new"
  sync "$intent/result.new"
  mv "$intent/result.new" "$intent/result"
} >>"$intent/output" 2>&1 &
