import type { HostAddress, Hosts } from '../../../activities/hosts/port.ts';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import { casesFor, FOLDER } from './cases.ts';
import type { Case, Facts } from './cases.ts';
import { formOf } from './form.ts';
import { runProtocol } from './run-protocol.ts';

/** How one case ended, as far as it must be the same everywhere. */
export interface Seen {
  readonly name: string;
  readonly exitCode: number;
  /** Of the output; of a probe its standard error too, which begins with `error output:`. */
  readonly lines: readonly string[];
}

export interface Place {
  readonly hosts: Hosts;
  address(name: string): HostAddress;
  readonly facts: Facts;
  /** Part of the folder's name of durable steps: each run has its own. */
  readonly upgrade: string;
  /** Folder that stands for a host's root; empty where it is the root. */
  rootOf(name: string): string;
}

/** Puts every case to a place, one after another, and removes what they left. */
export async function runCases(place: Place): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  try {
    for (const [index, each] of casesFor(place.facts).entries()) seen.push(await runCase(place, each, index));
    return [...seen, ...await runProtocol(place)];
  } finally {
    for (const host of [...place.facts.members, place.facts.worker]) await cleanUp(place, host);
  }
}

async function runCase({ hosts, address, upgrade, rootOf }: Place, { name, script, host, args, durable }: Case, index: number): Promise<Seen> {
  const root = rootOf(host);
  const form = (text: string): readonly string[] => formOf(root === '' ? text : text.replaceAll(root, ''));
  if (durable) {
    const outcome = await hosts.runStep(address(host), { upgrade, node: host, step: `${script}-${String(index)}`, script: SCRIPTS[script], args, retry: 0, fence: { epochMs: 1, attempt: 1 } });
    return { name, exitCode: outcome.kind === 'finished' ? outcome.exitCode : -1, lines: form(outcome.tail) };
  }
  const result = await hosts.probe(address(host), SCRIPTS[script], args, { timeoutMs: 180_000 });
  // The documents of etcd come in the order in which their processes end.
  const output = script === 'readReplaced' ? headsOf(result.stdout) : result.stdout;
  const lines = script === 'readEtcd' ? form(output).toSorted((left, right) => (left < right ? -1 : 1)) : form(output);
  const complaints = form(result.stderr);
  return { name, exitCode: result.exitCode, lines: complaints.length === 0 ? lines : [...lines, 'error output:', ...complaints] };
}

/** Names of the files in it: a twin's manifests have what anything reads of them, and real ones more. */
function headsOf(output: string): string {
  return output.split('\n').filter((line) => line !== '' && !line.startsWith(' ')).join('\n');
}

/** Twins recognise the worker's own scripts only, and have nothing to clean up: they end with their test. */
async function cleanUp({ hosts, address, upgrade }: Place, host: string): Promise<void> {
  await hosts.probe(address(host), { name: 'clean-up', text: 'rm -rf "${CAPSTAN_ROOT:-}/var/lib/capstan/${1:?}" "${CAPSTAN_ROOT:-}${2:?}"' }, [upgrade, FOLDER]).catch(() => undefined);
}
