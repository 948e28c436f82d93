import { atMost, figure, mean } from '../bench.ts';
import type { Figure } from '../bench.ts';
import type { ContenderName, LabRun, NodeTimes } from './contender.ts';

/** A control-plane node may take this share of the runbook's time. */
const CONTROL_PLANE_SHARE = 0.6;

/** What the runs are compared by; targets only where both sides were measured. */
export function figuresOf(runs: readonly LabRun[], controlPlanes: readonly string[]): readonly Figure[] {
  return [...runs.flatMap((run) => figuresOfRun(run, controlPlanes)), ...comparisons(runs, controlPlanes)];
}

function figuresOfRun(run: LabRun, controlPlanes: readonly string[]): readonly Figure[] {
  const { contender, downtimes } = run;
  const ofControlPlane = run.nodes.filter(({ node }) => controlPlanes.includes(node));
  const down = (wanted: boolean): number => mean(downtimes.filter(({ node }) => controlPlanes.includes(node) === wanted).map(({ seconds }) => seconds));
  return [
    figure(`${contender}: whole upgrade`, run.wallSeconds, 's'),
    figure(`${contender}: a control-plane node`, meanSeconds(ofControlPlane), 's'),
    figure(`${contender}: kubeadm on a control-plane node`, mean(ofControlPlane.map(({ kubeadmSeconds }) => kubeadmSeconds)), 's'),
    figure(`${contender}: a control-plane node unavailable`, down(true), 's'),
    figure(`${contender}: a worker unavailable`, down(false), 's'),
    figure(`${contender}: API probes failed of ${run.api.sent}`, run.api.failed, 'count'),
    figure(`${contender}: Service probes failed of ${run.service.sent}`, run.service.failed, 'count'),
    figure(`${contender}: load of the machine`, run.load, 'load'),
  ];
}

function comparisons(runs: readonly LabRun[], controlPlanes: readonly string[]): readonly Figure[] {
  const of = (name: ContenderName): LabRun | undefined => runs.find((run) => run.contender === name);
  const capstan = of('capstan');
  if (capstan === undefined) return [];
  const runbook = of('runbook');
  const nodeSeconds = (run: LabRun): number => meanSeconds(run.nodes.filter(({ node }) => controlPlanes.includes(node)));
  const compared: Figure[] = [];
  if (runbook !== undefined) {
    compared.push(
      atMost("a control-plane node, share of the runbook's time", nodeSeconds(capstan) / nodeSeconds(runbook), 'ratio', CONTROL_PLANE_SHARE),
      atMost("failed API probes, against the runbook's", capstan.api.failed, 'count', runbook.api.failed),
    );
  }
  for (const rival of ['runbook', 'ansible'] as const) {
    const run = of(rival);
    if (run !== undefined) compared.push(below(`whole upgrade, share of ${rival}'s time`, capstan.wallSeconds / run.wallSeconds, 'ratio', 1));
  }
  return compared;
}

function meanSeconds(nodes: readonly NodeTimes[]): number {
  return mean(nodes.map(({ seconds }) => seconds));
}

function below(name: string, value: number, unit: string, limit: number): Figure {
  const { value: rounded } = figure(name, value, unit);
  return { name, value: rounded, unit, target: `< ${limit}`, met: value < limit };
}
