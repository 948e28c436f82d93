import type { LogPage } from '../index.ts';
import { hostAddressOf } from '../hosts/host-address.ts';
import type { HostAddress, Hosts, OpenHosts } from '../hosts/port.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { redactedText } from '../redaction/redacted.ts';
import { stepError } from '../step-error.ts';
import { HOST_STEPS, isLoggedStep } from '../../workflows/domain/host-steps.ts';
import type { HostStep } from '../../workflows/domain/host-steps.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';

export interface ReadLogInput {
  readonly spec: UpgradeSpec;
  /** `upgradeId` of the upgrade whose folder is read. */
  readonly upgrade: string;
  readonly node: string;
  /** Where the upgrade's plan says that the node is: then the API is not asked, which may be what broke. */
  readonly host?: { readonly address: string; readonly port: number };
  readonly step: string;
  /** Characters already read. */
  readonly offset: number;
}

export interface ReadLogOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
}

/** A page is a payload of at most three bytes a character before it is compressed, and Temporal takes two MiB. */
const PAGE_CHARACTERS = 400_000;
/** Outputs of up to 8 MiB that are kept between two of their pages, so that the host is read once. */
const MOST_KEPT = 2;
const KEPT_MS = 60_000;

/**
 * Whole output of a step's host commands, without secrets, a page at a time. Redacted as a whole: half a secret at the end of a page
 * has no form to know it by. Failures: SpecInvalid where node or step is unknown, and those of `Hosts`.
 */
export function createReadLog(options: ReadLogOptions): (input: ReadLogInput) => Promise<LogPage> {
  const kept = new Map<string, { readonly text: string; readonly readMs: number }>();

  async function wholeOf(input: ReadLogInput, steps: readonly HostStep[]): Promise<string> {
    const key = JSON.stringify([input.spec.access, input.upgrade, input.node, input.step]);
    const former = kept.get(key);
    if (input.offset > 0 && former !== undefined && performance.now() - former.readMs < KEPT_MS) return former.text;
    const host = await hostOf(options.openKube, input);
    const text = redactedText(await outputs(await options.openHosts(input.spec.access), host, input, steps));
    kept.delete(key);
    if (text.length > PAGE_CHARACTERS) kept.set(key, { text, readMs: performance.now() });
    for (const [other, { readMs }] of kept) if (kept.size > MOST_KEPT || performance.now() - readMs > KEPT_MS) kept.delete(other);
    return text;
  }

  return async function readLog(input) {
    if (!isLoggedStep(input.step)) throw stepError('SpecInvalid', unknownStep(input.step), `Steps with output are ${Object.keys(HOST_STEPS).join(', ')}.`);
    const text = await wholeOf(input, HOST_STEPS[input.step]);
    if (text === '') throw stepError('SpecInvalid', `${input.step} has not run on ${input.node} in the upgrade ${input.upgrade}.`);
    const end = input.offset + PAGE_CHARACTERS;
    return { text: text.slice(input.offset, end), next: end < text.length ? end : null };
  };
}

function unknownStep(step: string): string {
  return NODE_STEPS.some((known) => known === step) ? `${step} runs no command on the host, so it has no output.` : `There is no step ${step}.`;
}

/** The spec first: who names an address there has moved the host. */
async function hostOf(openKube: OpenKube, { spec, node: name, host }: ReadLogInput): Promise<HostAddress> {
  const given = spec.nodes.find((node) => node.name === name);
  if (host !== undefined) return { name, address: given?.address ?? host.address, port: given?.port ?? host.port };
  const kube = await openKube(spec.access);
  const node = await kube.getNode(name);
  if (node === null) throw stepError('SpecInvalid', `The cluster has no node ${name}.`, 'See `kubectl get nodes`.');
  return hostAddressOf(spec, node);
}

async function outputs(hosts: Hosts, host: HostAddress, { upgrade, node }: ReadLogInput, steps: readonly HostStep[]): Promise<string> {
  const texts = await Promise.all(steps.map((step) => hosts.readOutput(host, { upgrade, node, step })));
  return texts.flatMap((text) => text ?? []).join('');
}
