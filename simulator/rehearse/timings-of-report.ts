import { readFile } from 'node:fs/promises';
import type { ReportedNode, ReportedStep } from '../../workflows/domain/status.ts';
import type { Timing, Timings } from '../description.ts';
import { LAB_TIMINGS } from '../timings.ts';
import { RehearsalError } from './rehearsal-error.ts';
import { ENGINE_TIMES, SETTLE_MS } from './run/engine-times.ts';

const NEXT = 'give the output of `capstan report -o json` of an upgrade that ended';
/** Of fewer steps than this the spread says nothing. */
const ENOUGH = 3;
const LEAST_MS = 100;

/**
 * Times of steps from the report of an earlier upgrade of this cluster, or of one like it. What the report does not show (a phase
 * without nodes, steps that were tried more than once) is as measured on the lab.
 *
 * @throws RehearsalError where the file is no such report.
 */
export async function timingsOfReport(file: string): Promise<Timings> {
  const { nodes, steps } = await readReport(file);
  const controlPlane = stepsOf(nodes.filter(({ roles }) => roles.includes('control-plane')));
  const workers = stepsOf(nodes.filter(({ roles }) => !roles.includes('control-plane')));
  const all = stepsOf(nodes);
  const hostMs = ENGINE_TIMES.hostStep.meanMs;
  const known = LAB_TIMINGS;
  const installPackages = timingOf(all('upgradeKubelet'), hostMs + known.restartKubelet.meanMs, known.installPackages);
  const staged = ratioOf(workers('stageNode').length > 0 ? workers('stageNode') : all('stageNode'), hostMs + known.fetchPackages.meanMs + 3 * known.pullImage.meanMs);
  return {
    ...known,
    installPackages,
    fetchPackages: scaled(known.fetchPackages, staged), pullImage: scaled(known.pullImage, staged),
    kubeadmEtcd: timingOf(controlPlane('upgradeEtcdMember'), hostMs, known.kubeadmEtcd),
    kubeadmControlPlane: timingOf(controlPlane('upgradeControlPlane'), 0, known.kubeadmControlPlane),
    kubeadmWorker: timingOf(workers('upgradeKubeadm'), hostMs + installPackages.meanMs, known.kubeadmWorker),
    nodeReady: timingOf(workers('waitNodeReady'), SETTLE_MS, known.nodeReady),
    staticPodsReady: timingOf(controlPlane('waitNodeReady'), SETTLE_MS, known.staticPodsReady),
    snapshot: timingOf(steps.filter(({ step, attempts }) => step === 'snapshotEtcd' && attempts === 1), 0, known.snapshot),
  };
}

interface Report {
  readonly nodes: readonly ReportedNode[];
  readonly steps: readonly ReportedStep[];
}

async function readReport(file: string): Promise<Report> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new RehearsalError(`the report ${file} ${isAbsent ? 'is not there' : `is no JSON that can be read (${error instanceof Error ? error.message : String(error)})`}`, NEXT);
  }
  if (isReport(value)) return value;
  throw new RehearsalError(`${file} is no report of an upgrade: it has no nodes with steps`, NEXT);
}

function isReport(value: unknown): value is Report {
  if (typeof value !== 'object' || value === null) return false;
  const nodes: unknown = Reflect.get(value, 'nodes');
  const steps: unknown = Reflect.get(value, 'steps');
  return areSteps(steps) && Array.isArray(nodes) && nodes.length > 0
    && nodes.every((node: unknown) => typeof node === 'object' && node !== null && Array.isArray(Reflect.get(node, 'roles')) && areSteps(Reflect.get(node, 'steps')));
}

function areSteps(value: unknown): boolean {
  return Array.isArray(value) && value.every((step: unknown) => typeof step === 'object' && step !== null && typeof Reflect.get(step, 'seconds') === 'number');
}

function stepsOf(nodes: readonly ReportedNode[]): (name: string) => readonly ReportedStep[] {
  const steps = nodes.flatMap((node) => node.steps).filter(({ attempts }) => attempts === 1);
  return (name) => steps.filter(({ step }) => step === name);
}

function timingOf(steps: readonly ReportedStep[], lessMs: number, otherwise: Timing): Timing {
  if (steps.length === 0) return otherwise;
  const values = steps.map(({ seconds }) => Math.max(LEAST_MS, seconds * 1000 - lessMs));
  const meanMs = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < ENOUGH) return { meanMs, variation: otherwise.variation };
  const variance = values.reduce((sum, value) => sum + (value - meanMs) ** 2, 0) / (values.length - 1);
  return { meanMs, variation: Math.sqrt(variance) / meanMs };
}

function ratioOf(steps: readonly ReportedStep[], expectedMs: number): number {
  if (steps.length === 0) return 1;
  return (steps.reduce((sum, { seconds }) => sum + seconds * 1000, 0) / steps.length) / expectedMs;
}

function scaled({ meanMs, variation }: Timing, factor: number): Timing {
  return { meanMs: Math.max(1, meanMs * factor), variation };
}
