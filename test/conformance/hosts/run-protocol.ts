import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DurableStep, Hosts } from '../../../activities/hosts/port.ts';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import { failureTypeOf } from '../../../activities/step-error.ts';
import { FOLDER } from './cases.ts';
import type { Place, Seen } from './run-cases.ts';

const FILE = `${FOLDER}/upload/kubeadm-config.yaml`;
/** Quotes, line ends and letters beyond ASCII must arrive as they are. */
const CONTENT = "apiVersion: v1\n# it's $HOME, \\n and é\n\n";

/** The durable protocol's own scripts, on a worker: what they say of a step, and files that come and go. */
export async function runProtocol(place: Place): Promise<readonly Seen[]> {
  const { hosts, upgrade, facts: { worker } } = place;
  const host = place.address(worker);
  const step: DurableStep = { upgrade, node: worker, step: 'protocol', script: SCRIPTS.readEtcd, args: [], retry: 0, fence: { epochMs: 2, attempt: 1 } };
  const seen: Seen[] = [];
  const look = async (name: string, ask: () => Promise<readonly string[]>): Promise<void> => {
    seen.push({ name: `protocol: ${name}`, exitCode: 0, lines: await ask().catch((error: unknown) => [`failure ${failureTypeOf(error) ?? String(error)}`]) });
  };
  await look('output of a step that never ran', async () => [String(await hosts.readOutput(host, step))]);
  await look('state of a step that never ran', async () => [await hosts.claimStep(host, step)]);
  await look('a step that fails', () => outcome(hosts, host, step));
  await look('state of a step that ended', async () => [await hosts.claimStep(host, step)]);
  await look('state for a later retry', async () => [await hosts.claimStep(host, { ...step, retry: 1 })]);
  await look('the same step again', () => outcome(hosts, host, { ...step, fence: { epochMs: 2, attempt: 2 } }));
  await look('the same step for a later retry', () => outcome(hosts, host, { ...step, retry: 1, fence: { epochMs: 3, attempt: 1 } }));
  await look('the same step by a caller that was replaced', () => outcome(hosts, host, { ...step, fence: { epochMs: 2, attempt: 9 } }));
  await look('a claim by a caller that was replaced', async () => [await hosts.claimStep(host, { ...step, fence: { epochMs: 2, attempt: 9 } })]);
  await look('output of a step that ended', async () => [String(await hosts.readOutput(host, step))]);
  const folder = mkdtempSync(join(tmpdir(), 'capstan-conformance-'));
  const local = join(folder, 'copy');
  await look('a file that is sent', async () => {
    await hosts.upload(host, FILE, Buffer.from(CONTENT));
    return ['sent'];
  });
  await look('a file that is fetched', async () => {
    const { sha256, bytes } = await hosts.download(host, FILE, local);
    return [sha256, String(bytes), String(readFileSync(local, 'utf8') === CONTENT)];
  });
  await look('a file that is not there', async () => [JSON.stringify(await hosts.download(host, `${FILE}.absent`, local))]);
  rmSync(folder, { recursive: true, force: true });
  return seen;
}

async function outcome(hosts: Hosts, host: Parameters<Hosts['runStep']>[0], step: DurableStep): Promise<readonly string[]> {
  const printed: string[] = [];
  const result = await hosts.runStep(host, step, { onOutput: (text) => printed.push(text) });
  if (result.kind === 'interrupted') return [`interrupted ${String(result.intent)}`, result.tail];
  const { intent, exitCode, started, tail } = result;
  return [`finished ${String(intent)} ${String(exitCode)} ${started ? 'started' : 'found'}`, `printed ${printed.join('')}`, `tail ${tail}`];
}
