import { loadavg } from 'node:os';
import { labFiles } from '../../lab/lab.ts';
import type { LabState } from '../../lab/lab.ts';
import { outputOf } from '../../lab/process.ts';
import { apiProbe, httpProbe, Prober } from '../../lab/probes.ts';
import type { Contender, ContenderName, LabRun } from './contender.ts';
import { DowntimeWatch } from './node-downtime.ts';

/** Probes of each kind a second. */
export const PROBES_PER_SECOND = 10;
const LOAD_MS = 10_000;

/** One contender upgrades the lab while probes run. The lab is what it was before only after `down` and `up`. */
export async function measure(name: ContenderName, contender: Contender, lab: LabState, say: (line: string) => void): Promise<LabRun> {
  const commit = await outputOf('git', ['-C', import.meta.dirname, 'rev-parse', '--short', 'HEAD']);
  const prepared = await contender.prepare(lab, say);
  const service = new Prober(httpProbe(lab.plan.serviceUrl), PROBES_PER_SECOND);
  const api = new Prober(await apiProbe(labFiles.kubeconfig), PROBES_PER_SECOND);
  const downtime = new DowntimeWatch();
  const loads: number[] = [loadavg()[0] ?? 0];
  const looking = setInterval(() => loads.push(loadavg()[0] ?? 0), LOAD_MS);
  try {
    await downtime.start(labFiles.kubeconfig);
    service.start();
    api.start();
    const startedAt = new Date();
    const nodes = await prepared.upgrade();
    const wallSeconds = (Date.now() - startedAt.getTime()) / 1000;
    return {
      contender: name, startedAt: startedAt.toISOString(), commit: commit.trim(), wallSeconds, nodes,
      load: loads.reduce((sum, load) => sum + load, 0) / loads.length,
      downtimes: await downtime.stop(), api: await api.stop(), service: await service.stop(),
    };
  } finally {
    clearInterval(looking);
    await Promise.all([downtime.stop(), api.stop(), service.stop()]);
    await prepared.close();
  }
}
