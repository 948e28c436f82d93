import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

// The shell waits for the end of its stdin, which comes with the death of this process, however it died.
// The trap comes before the program: a SIGTERM in between must not leave the program behind.
// A fork of the shell loses a SIGTERM that meets it before it has put the trap away. So none is passed on before the fork has
// become the program (one that is a shell itself is waited for 0.2 s), and the watcher gets SIGKILL.
const GUARD = `
child= started= ended= tries=0
trap 'ended=yes; [ -z "$started" ] || kill -TERM "$child"' TERM
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
while [ "$tries" -lt 20 ] && [ "$(readlink "/proc/$child/exe")" = "$(readlink "/proc/$$/exe")" ]; do
  tries=$((tries + 1))
  sleep 0.01
done
started=yes
[ -z "$ended" ] || kill -TERM "$child"
{ while read -r _; do :; done <&3; kill -TERM "$child"; } 2>/dev/null &
watcher=$!
exec 3<&-
while :; do
  wait "$child"; status=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -KILL $watcher 2>/dev/null
wait $watcher 2>/dev/null
exit $status
`;

/**
 * Starts a program that ends with this process, even where this one is killed with SIGKILL.
 * It has a process group of its own: Ctrl-C reaches only us, so that we decide what ends first. SIGTERM ends it.
 * @param output descriptor that takes its stdout and stderr.
 * @param environment Default: that of this process.
 */
export function spawnGuarded(program: string, args: readonly string[], output: number, environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn('/bin/sh', ['-c', GUARD, 'capstan-guard', program, ...args], { stdio: ['pipe', output, output], detached: true, env: environment });
}
