import type { LogPage } from '../index.ts';
import { hostAddressOf } from '../hosts/host-address.ts';
import type { Hosts, OpenHosts } from '../hosts/port.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { stepError } from '../step-error.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';

export interface ReadLogInput {
  readonly spec: UpgradeSpec;
  /** `upgradeId` of the upgrade whose folder is read. */
  readonly upgrade: string;
  readonly node: string;
  readonly step: string;
  /** Characters already read. */
  readonly offset: number;
}

export interface ReadLogOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
}

// A page becomes a payload, and those are kept under 32 KiB however many bytes a character takes.
const PAGE_CHARACTERS = 7_500;

/** Host steps behind a step of a node, by their folders; a step without one has no output. */
const HOST_STEPS: Readonly<Record<string, readonly string[]>> = {
  stageNode: ['stageNode'],
  upgradeKubeadm: ['upgradeKubeadm', 'kubeadmUpgradeNode'],
  upgradeEtcdMember: ['kubeadmUpgrade'],
  upgradeControlPlane: ['kubeadmUpgrade'],
  upgradeKubelet: ['upgradeKubelet'],
  rollbackNode: ['rollbackNode'],
  snapshotEtcd: ['snapshotEtcd'],
  kubeadmUpgrade: ['kubeadmUpgrade'],
  kubeadmUpgradeNode: ['kubeadmUpgradeNode'],
};

/** Whole output of a step's host commands, a page at a time. Failures: SpecInvalid where node or step is unknown, and those of `Hosts`. */
export function createReadLog({ openKube, openHosts }: ReadLogOptions): (input: ReadLogInput) => Promise<LogPage> {
  return async function readLog(input) {
    const steps = HOST_STEPS[input.step];
    if (steps === undefined) throw stepError('SpecInvalid', unknownStep(input.step), `Steps with output are ${Object.keys(HOST_STEPS).join(', ')}.`);
    const kube = await openKube(input.spec.access);
    const node = await kube.getNode(input.node);
    if (node === null) throw stepError('SpecInvalid', `The cluster has no node ${input.node}.`, 'See `kubectl get nodes`.');
    const hosts = await openHosts(input.spec.access);
    const text = await outputs(hosts, hostAddressOf(input.spec, node), input, steps);
    if (text === '') throw stepError('SpecInvalid', `${input.step} has not run on ${input.node} in the upgrade ${input.upgrade}.`);
    const end = input.offset + PAGE_CHARACTERS;
    return { text: text.slice(input.offset, end), next: end < text.length ? end : null };
  };
}

function unknownStep(step: string): string {
  return NODE_STEPS.some((known) => known === step) ? `${step} runs no command on the host, so it has no output.` : `There is no step ${step}.`;
}

async function outputs(hosts: Hosts, host: ReturnType<typeof hostAddressOf>, { upgrade, node }: ReadLogInput, steps: readonly string[]): Promise<string> {
  const texts = await Promise.all(steps.map((step) => hosts.readOutput(host, { upgrade, node, step })));
  return texts.flatMap((text) => text ?? []).join('');
}
