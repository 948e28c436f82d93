#!/bin/sh
# Starts a step's unit, attaches to it, or reports the result that it left. What is decided is said on standard error in
# lines "capstan: WORD ..."; the step's output goes to standard output while it runs.
# The step's own script, its arguments and the unit's text come as variables, since arguments have a limited size.
# shellcheck disable=SC2154 # What step.sh and intent.sh set.
: "${script?}" "${arguments?}" "${unit_script:?}"
retry=$6 after=$8 follow=$9

# Sets $how to attached, found, started or interrupted.
decide() {
  read_newest_intent
  case $state in
    running) how=attached ;;
    finished)
      how=found
      [ "$recorded_retry" -ge "$retry" ] || how=started
      ;;
    interrupted)
      how=interrupted
      if [ "$recorded_retry" -lt "$retry" ] || [ "$after" -eq "$newest" ]; then how=started; fi
      ;;
    unstarted)
      # Without the marker nothing ran: the number is free again, and all that is in its folder is written anew.
      newest=$((newest - 1))
      how=started
      ;;
    *) how=started ;;
  esac
}

start_intent() {
  if [ "$newest" -gt 0 ]; then systemctl reset-failed "$unit-$newest.service" 2>/dev/null || :; fi
  newest=$((newest + 1))
  intent=$folder/$newest
  if [ "$recorded_retry" -lt "$retry" ]; then recorded_retry=$retry; fi
  # Another call may be making the first one's at this moment, which it does without the lock.
  [ -d "$intent" ] || mkdir -p "$intent"
  printf '%s' "$script" >"$intent/script"
  printf 'set -- %s\n' "$arguments" >"$intent/args"
  printf '%s' "$unit_script" >"$intent/unit"
  printf '%s\n' "$recorded_retry" >"$intent/retry"
  : >"$intent/output"
  : >"$intent/started"
  # On the disk before anything runs: after a crash of the host the marker must not be younger than its effects.
  sync "$intent"/* "$intent" "$folder" "$root/$upgrade/$node" "$root/$upgrade"
  if ! refusal=$(systemd-run --quiet --no-ask-password --unit="$unit-$newest.service" --service-type=forking \
    --description="Capstan: $step on $node ($upgrade, intent $newest)" \
    sh "$intent/unit" "$intent" 9>&- 2>&1); then
    # Only where the unit surely did not begin is the intent taken back; otherwise it counts as begun.
    if [ ! -e "$intent/began" ] && ! unit_runs; then rm -rf "${intent:?}"; fi
    say refused "$(printf '%s' "$refusal" | tr '\n' ' ')"
    exit 0
  fi
}

# Waits for the unit's end without asking: its lock is released by the kernel, whatever ended it. Most units end within a second:
# only the output of those that do not is followed, that of the others is in the report.
await_unit() {
  tail_process=
  if [ "$follow" = yes ]; then
    if flock -s -w 1 8 8<>"$intent/alive" && unit_ended; then return 0; fi
    tail --pid=$$ -c "+$((from + 1))" -f "$intent/output" &
    tail_process=$!
  fi
  while :; do
    flock -s 8 8<>"$intent/alive"
    if unit_ended; then break; fi
    sleep 0.05
  done
  [ -n "$tail_process" ] || return 0
  {
    kill "$tail_process" || :
    wait "$tail_process" || :
  } 2>/dev/null
}

unit_ended() {
  read_result || ! unit_runs
}

# The end of the output is kept first, with a dot behind it that saves its last newlines: its length is the output's size, which
# is counted only where there is more.
report() {
  end_of_output=$(tail -c 8192 "$intent/output" && printf .)
  size=$((${#end_of_output} - 1))
  [ "$size" -lt 8192 ] || size=$(($(wc -c <"$intent/output")))
  if read_result; then
    say finished "$newest" "$how" "$size" "$from" "$code" "$begin" "$end"
  else
    # The journal keeps what happened; a failed unit would stay in the host's list of failures.
    systemctl reset-failed "$unit-$newest.service" 2>/dev/null || :
    say interrupted "$newest" "$how" "$size" "$from"
  fi
  printf '%s' "${end_of_output%.}" >&2
}

# Keeps the newest five upgrades: older ones go when a new one comes, but for one in which a unit still runs.
remove_old_upgrades() {
  set -- "$root"/*
  [ $# -gt 5 ] || return 0
  # The names hold letters, digits, dots, dashes and underscores only.
  # shellcheck disable=SC2010,SC2012
  ls -1t "$root" | grep -vx -e snapshots -e scratch | tail -n +6 | while read -r old; do
    is_old_upgrade "$old" || continue
    # What another call puts in its way stays until the next upgrade.
    rm -rf "${root:?}/$old" || :
  done
}

is_old_upgrade() {
  found=no
  for marker in "$root/$1"/*/*/*/started; do
    [ -e "$marker" ] || continue
    found=yes
    flock -n -s 8 8<>"${marker%started}alive" || return 1
  done
  [ "$found" = yes ]
}

for tool in flock systemd-run systemctl tail sync; do
  command -v "$tool" >/dev/null || { say missing "$tool"; exit 0; }
done
is_new=no
[ -d "$root/$upgrade" ] || is_new=yes
# With the folder of its first intent.
[ -d "$folder" ] || mkdir -p "$folder/1"
[ "$is_new" = no ] || remove_old_upgrades
exec 9>>"$folder/lock"
flock -x 9
pass_fence
decide
from=0
[ "$how" != started ] || start_intent
exec 9>&-
if [ "$how" = attached ]; then
  size=$(wc -c <"$intent/output")
  if [ "$size" -gt 8192 ]; then from=$((size - 8192)); fi
fi
say "$how" "$newest"
case $how in started | attached) await_unit ;; esac
report
