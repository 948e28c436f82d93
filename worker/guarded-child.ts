import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

// The shell waits for the end of its stdin, which comes with the death of this process, however it died.
// The trap comes before the program: a SIGTERM in between must not leave the program behind.
// The watcher is killed: a SIGTERM that met it before it had put its parent's trap away was lost, and the guard waited for ever.
const GUARD = `
child= ended=
trap 'ended=yes; [ -z "$child" ] || kill -TERM "$child"' TERM
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
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
