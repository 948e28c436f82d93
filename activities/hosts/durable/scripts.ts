import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The protocol's own shell texts, read once when the worker starts. */
const step = read('step.sh');
const intent = read('intent.sh');
const fence = read('fence.sh');

export const unitScript = read('unit.sh');
export const runStepScript = [step, intent, fence, read('run-step.sh')].join('\n');
export const claimStepScript = [step, intent, fence, read('claim-step.sh')].join('\n');
export const readOutputScript = [step, intent, read('read-output.sh')].join('\n');
export const sendFileScript = read('send-file.sh');
export const receiveFileScript = read('receive-file.sh');

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}
