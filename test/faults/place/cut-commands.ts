import type { Random } from '../../../simulator/random.ts';
import type { HostOperation } from '../../../simulator/hosts/faults.ts';
import { STEPS } from '../catalogue/moments.ts';
import type { Scene, Undo } from './scene.ts';
import { later } from './scene.ts';

/** Connections to each step of each host that are cut. */
export const CUTS_A_STEP = 3;
/** A step lasts at least this long, real time: the pauses of Temporal before it asks again are 1, 2 and 4 seconds. */
const LASTS_MS = 9_000;
const EARLIEST_MS = 100;
const LATEST_MS = 700;
/** Of a command whose shell was ended by SIGTERM. */
const TERMINATED = 143;

/** Cuts every remote command of every step of every host, again and again, with and without an exit status. `onCut` is called at each cut. */
export function cutCommands(scene: Scene, random: Random, onCut: () => void): Undo {
  const { hosts } = scene.twin;
  const running = new Set<string>();
  const cuts = new Map<string, number>();

  function cut(node: string, step: string): void {
    const key = `${node}/${step}`;
    const count = cuts.get(key) ?? 0;
    if (!running.has(key) || count >= CUTS_A_STEP) return;
    cuts.set(key, count + 1);
    onCut();
    scene.times.cut(node, step);
    const host = hosts.host(node);
    if (random.below(2) === 0) host.cutConnections();
    else host.endCommands(TERMINATED);
    scene.times.returned(node);
  }

  return hosts.onStep(({ moment, node, step }) => {
    const key = `${node}/${step}`;
    switch (moment) {
      case 'asked': {
        const operation = operationOf(step);
        if (operation === null) return;
        if (!cuts.has(key)) {
          cuts.set(key, 0);
          hosts.host(node).addFault({ operation, once: true, effect: { kind: 'wait', ms: LASTS_MS * scene.speed, message: 'busy' } });
        }
        return later(scene, EARLIEST_MS + random.below(LATEST_MS - EARLIEST_MS), () => { cut(node, step); });
      }
      case 'started': running.add(key); return;
      case 'finished': case 'interrupted': running.delete(key); return;
      case 'superseded': return;
    }
  });
}

/** What a step spends its time with; the first of them where it does more than one thing. */
function operationOf(step: string): HostOperation | null {
  return Object.values(STEPS).map(({ host }) => host).find((host) => host?.step === step)?.operation ?? null;
}
