import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableOutcome, DurableStep } from '../../activities/hosts/port.ts';
import type { SshHost } from '../support/ssh-host.ts';

/** Counts its runs in COUNTER, says so, and waits for GATE where one is named. */
export const COUNTING = `
echo run >>"$1"
echo "begun"
while [ -n "\${2-}" ] && [ ! -e "$2" ]; do sleep 0.05; done
echo "ended"
exit "\${3-0}"
`;

export interface Setting {
  readonly counter: string;
  readonly gate: string;
  readonly step: DurableStep;
  runs(): Promise<number>;
  open(): Promise<void>;
}

export interface SettingOptions {
  readonly gated?: boolean;
  readonly exitCode?: number;
  /** Default: COUNTING. */
  readonly text?: string;
}

/** A step of its own for each test: `name` is the upgrade. */
export function settingOn(host: SshHost, name: string, options: SettingOptions = {}): Setting {
  const counter = join(host.root, `${name}.runs`);
  const gate = join(host.root, `${name}.gate`);
  const args = [counter, options.gated === true ? gate : '', String(options.exitCode ?? 0)];
  const step: DurableStep = { upgrade: name, node: 'w1', step: 'kubelet', script: { name: 'counting', text: options.text ?? COUNTING }, args, retry: 0, fence: { epochMs: 1_700_000_000_000, attempt: 1 } };
  return {
    counter, gate, step,
    runs: async () => (await readFile(counter, 'utf8').catch(() => '')).split('\n').length - 1,
    open: () => writeFile(gate, ''),
  };
}

export function finished(outcome: DurableOutcome): Extract<DurableOutcome, { kind: 'finished' }> {
  assert.equal(outcome.kind, 'finished');
  assert.ok(outcome.kind === 'finished');
  return outcome;
}
