import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { StepMark } from './contender.ts';

const KEPT_LINES = 40;
/** No step of an upgrade is silent for so long; a playbook has stood still for good. */
const SILENT_MS = 20 * 60_000;

/**
 * Runs a program and notes when it says that a step begins.
 *
 * @param markOf - node and step that a line of standard output names, or null.
 * @returns The marks in order, the last one being the end of the program.
 * @param silentMs - after so long without a line it is ended.
 * @throws Error with the last lines where it does not end with 0.
 */
export async function followOutput(
  file: string, args: readonly string[], env: Readonly<Record<string, string>>, markOf: (line: string) => Omit<StepMark, 'atMs'> | null, say: (line: string) => void,
  silentMs = SILENT_MS,
): Promise<readonly StepMark[]> {
  const marks: StepMark[] = [];
  const last: string[] = [];
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let end = '';
  const silence = setTimeout(() => {
    end = ` because it said nothing for ${String(Math.round(silentMs / 1000))} s`;
    child.kill('SIGKILL');
  }, silentMs);
  const keep = (line: string): void => {
    silence.refresh();
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
  };
  createInterface({ input: child.stderr }).on('line', keep);
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep(line);
    const mark = markOf(line);
    if (mark === null) return;
    marks.push({ ...mark, atMs: Date.now() });
    say(`${mark.node}: ${mark.step}`);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => { clearTimeout(silence); });
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}${end}:\n${last.join('\n')}`);
  return [...marks, { node: '', step: 'end', atMs: Date.now() }];
}
