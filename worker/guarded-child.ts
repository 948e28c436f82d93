import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

// The shell waits for the end of its stdin, which comes with the death of this process, however it died.
const GUARD = `
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
trap 'kill -TERM $child' TERM
{ while read -r _; do :; done <&3; kill -TERM $child; } 2>/dev/null &
watcher=$!
exec 3<&-
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
kill $watcher 2>/dev/null
exit $status
`;

/**
 * Starts a program that ends with this process, even where this one is killed with SIGKILL.
 * It has a process group of its own: Ctrl-C reaches only us, so that we decide what ends first. SIGTERM ends it.
 * @param output descriptor that takes its stdout and stderr.
 */
export function spawnGuarded(program: string, args: readonly string[], output: number): ChildProcess {
  return spawn('/bin/sh', ['-c', GUARD, 'capstan-guard', program, ...args], { stdio: ['pipe', output, output], detached: true });
}
