#!/bin/sh
# What a step's unit runs; its argument is the intent's folder. The unit is of systemd's type "forking", so that systemd-run
# returns only when the lock is held: whoever sees the unit started can wait for the lock instead of asking again and again.
set -eu
intent=$1
cd /
umask 077
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# What the script left behind ends with its unit. By itself systemd sees to that only where it took this shell for the unit's main
# process. It does not where more than this shell was there when it looked, or this shell no longer.
end_what_is_left() {
  proc=${CAPSTAN_PROC:-/proc}
  [ -e "$proc/self/cgroup" ] || return 0
  while IFS=: read -r _ controllers group; do
    case $controllers in
      '') processes=/sys/fs/cgroup$group/cgroup.procs ;;
      name=systemd) processes=/sys/fs/cgroup/systemd$group/cgroup.procs ;;
      *) continue ;;
    esac
    unit=${group##*/}
    case $unit in capstan-*.service) ;; *) continue ;; esac
    [ -e "$processes" ] || continue
    something_is_left || continue
    # A unit that is stopped while it starts counts as one that could not be started.
    while state=$(systemctl is-active "$unit" 2>/dev/null || :) && [ "$state" = activating ]; do sleep 0.05; done
    # The step's output is no place for what this says.
    [ "$state" != active ] || systemctl stop --no-block "$unit" >/dev/null 2>&1 || :
  done <"$proc/self/cgroup"
}

# True where $processes lists any other process than this shell and the one that it came from.
something_is_left() {
  read -r own _ </proc/self/stat
  while read -r process; do
    case $process in "$own" | "$$") ;; *) return 0 ;; esac
  done <"$processes"
  return 1
}

exec 9>>"$intent/alive"
flock -x 9
: >"$intent/began"
{
  # Also where the result cannot be written, as on a full disk.
  trap end_what_is_left EXIT
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
  printf '%s %s %s\n' "$code" "$begin" "$end" >"$intent/result"
  sync "$intent/result"
} >>"$intent/output" 2>&1 &
