import type { Client } from 'ssh2';
import { stepError } from '../../step-error.ts';
import type { ClaimedStep, StepKey, StepState } from '../port.ts';
import { runAsRoot } from '../run-as-root.ts';
import type { RootAccess } from '../run-as-root.ts';
import { claimStepScript, readOutputScript } from './scripts.ts';
import { wordsAfter } from './statement.ts';
import { superseded } from './superseded.ts';
import { fenceToken, stepArguments } from './step-folder.ts';

const READ_TIMEOUT_MS = 60_000;
/** Longer outputs are cut at their beginning. */
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

/** Records the caller as the step's newest one, and says what the step's newest intent is. */
export async function claimStep(client: Client, access: RootAccess, stateFolder: string, step: ClaimedStep): Promise<StepState> {
  const result = await runAsRoot(client, access, {
    title: ['capstan', 'claim', step.upgrade, step.node, step.step],
    text: claimStepScript,
    args: [...stepArguments(stateFolder, step), String(step.retry), fenceToken(step)],
    keepBytes: 8192,
    timeoutMs: READ_TIMEOUT_MS,
  });
  const [turn, runMs, newest] = wordsAfter('superseded', result.stderr) ?? [];
  if (newest !== undefined) throw superseded(`${step.step} on ${access.label}`, Number(turn), Number(runMs), Number(newest));
  const state = wordsAfter('state', result.stderr)?.[0];
  if (state === 'absent' || state === 'running' || state === 'finished' || state === 'interrupted') return state;
  throw unanswered(access, step, result.stderr);
}

/** Output of a step's newest intent; null where there is none. */
export async function readStepOutput(client: Client, access: RootAccess, stateFolder: string, step: StepKey): Promise<string | null> {
  const result = await runAsRoot(client, access, {
    title: ['capstan', 'output', step.upgrade, step.node, step.step],
    text: readOutputScript,
    args: [...stepArguments(stateFolder, step), String(OUTPUT_LIMIT_BYTES)],
    keepBytes: OUTPUT_LIMIT_BYTES,
    timeoutMs: READ_TIMEOUT_MS,
  });
  const words = wordsAfter('output', result.stderr);
  if (words === null || result.exitCode !== 0) throw unanswered(access, step, result.stderr);
  if (words[0] === 'absent') return null;
  const cut = Number(words[1]) - OUTPUT_LIMIT_BYTES;
  const text = result.stdout.toString('utf8');
  return cut > 0 ? `[The first ${String(cut)} bytes are on the host only.]\n${text}` : text;
}

function unanswered(access: RootAccess, step: StepKey, said: Buffer): Error {
  return stepError('Unexpected', `${step.step} on ${access.label}: the step's folder could not be read or written: ${said.toString('utf8').trim()}`, 'Correct the cause on the host; it is tried again by itself.');
}
