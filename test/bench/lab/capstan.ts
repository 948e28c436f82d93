import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReportedNode, UpgradeReport } from '../../../workflows/domain/status.ts';
import { labFiles } from '../../lab/lab.ts';
import type { LabState } from '../../lab/lab.ts';
import { capstan, newStage, startCapstan } from '../../lab/scenario/programs.ts';
import type { Stage } from '../../lab/scenario/programs.ts';
import type { Contender, NodeTimes, PreparedContender } from './contender.ts';

const WATCH_MS = 40 * 60_000;
const READY_MS = 3 * 60_000;
const KUBEADM_STEPS: readonly string[] = ['upgradeEtcdMember', 'upgradeControlPlane'];

/** The project itself: the embedded server and a worker as an operator starts them; both wait for work before the clock starts. */
export const capstanContender: Contender = { prepare };

async function prepare(lab: LabState, say: (line: string) => void): Promise<PreparedContender> {
  const stage = await newStage(await mkdtemp(join(tmpdir(), 'capstan-bench-')));
  const port = stage.environment['CAPSTAN_TEST_PORT'] ?? '';
  const dev = startCapstan(stage, 'dev', ['dev', '--port', port, '--ui-port', stage.environment['CAPSTAN_TEST_UI_PORT'] ?? '']);
  const close = async (): Promise<void> => {
    await dev.kill('SIGTERM');
    await rm(stage.folder, { recursive: true, force: true });
  };
  try {
    await untilAnswered(stage);
  } catch (error) {
    await close();
    throw error;
  }
  return { upgrade: () => upgrade(stage, lab.plan.name, say), close };
}

async function upgrade(stage: Stage, cluster: string, say: (line: string) => void): Promise<readonly NodeTimes[]> {
  const started = await capstan(stage, ['start', '-f', labFiles.spec, '--yes']);
  if (started.code !== 0) throw new Error(`capstan start ended with ${started.code}:\n${started.stdout}${started.stderr}`);
  const end = await capstan(stage, ['watch', '--cluster', cluster], WATCH_MS);
  const told = await capstan(stage, ['report', '--cluster', cluster, '-o', 'json']);
  if (end.code !== 0) throw new Error(`capstan watch ended with ${end.code}:\n${end.stdout}${end.stderr}${told.stdout}`);
  const report: UpgradeReport = JSON.parse(told.stdout);
  for (const node of report.nodes) say(`${node.name}: ${node.steps.map((step) => `${step.step} ${step.seconds.toFixed(1)}`).join(', ')}`);
  say(`cluster: ${report.steps.map((step) => `${step.step} ${step.seconds.toFixed(1)}`).join(', ')}; engine ${report.overheadSeconds} s of ${report.wallSeconds} s`);
  return report.nodes.map(nodeTimes);
}

/** From the first step that is the node's own; staging happens before, on all nodes at once. */
function nodeTimes({ name, steps }: ReportedNode): NodeTimes {
  const own = steps.filter(({ step }) => step !== 'stageNode');
  const from = Math.min(...own.map(({ startedAt }) => Date.parse(startedAt)));
  const to = Math.max(...own.map(({ startedAt, seconds }) => Date.parse(startedAt) + seconds * 1000));
  const kubeadm = own.filter(({ step }) => KUBEADM_STEPS.includes(step));
  return { node: name, seconds: (to - from) / 1000, kubeadmSeconds: kubeadm.reduce((sum, { seconds }) => sum + seconds, 0) };
}

async function untilAnswered(stage: Stage): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const doctor = await capstan(stage, ['doctor', '-f', labFiles.spec]);
    if (doctor.code === 0 || doctor.code === 2) return;
    if (performance.now() > deadline) throw new Error(`capstan doctor still ends with ${doctor.code}:\n${doctor.stdout}${doctor.stderr}`);
    await delay(500);
  }
}
