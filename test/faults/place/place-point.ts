import type { Effect } from '../catalogue/effects.ts';
import type { Point } from '../catalogue/points.ts';
import { partOf, stepOf, STEPS } from '../catalogue/moments.ts';
import { happen } from './effects.ts';
import { hostEffect, isOperationItself } from './host-effects.ts';
import { onMoment } from './on-moment.ts';
import type { Scene, Undo } from './scene.ts';

/** A point and where it is to happen; null where the engine chooses the node, or where there is none. */
export interface PlacedPoint {
  readonly point: Point;
  readonly node: string | null;
}

/** What the engine only learns by asking for the step again. */
const BREAKS_CONNECTIONS: readonly Effect[] = ['connection-cut', 'connection-ended', 'host-silent', 'host-rebooted'];

/** Arranges for a point to happen, once. `onHit` is called when it does. */
export function placePoint({ point, node }: PlacedPoint, scene: Scene, onHit: () => void): Undo {
  const { host } = STEPS[stepOf(point.moment)];
  if (host === null || partOf(point.moment) !== 'during') {
    return onMoment(scene.twin, point.moment, node, (happening) => {
      onHit();
      if (host !== null && happening.node !== null && BREAKS_CONNECTIONS.includes(point.effect)) scene.times.cut(happening.node, host.step);
      happen(point.effect, scene, happening);
    });
  }
  // In the middle of whatever the host does for this step: the fault waits there from the moment in which the step is asked for.
  let undo: Undo = () => undefined;
  const end = scene.twin.hosts.onStep((event) => {
    if (event.moment !== 'asked' || event.step !== host.step || (node !== null && event.node !== node)) return;
    end();
    undo = duringOperation(point, event.node, scene, onHit);
  });
  return () => {
    end();
    undo();
  };
}

function duringOperation({ moment, effect }: Point, node: string, scene: Scene, onHit: () => void): Undo {
  const { host } = STEPS[stepOf(moment)];
  if (host === null) throw new Error(`the moment ${moment} is in no operation of a host`);
  return scene.twin.hosts.host(node).addFault({
    operation: host.operation, once: true, effect: hostEffect(effect, scene),
    onHit: () => {
      onHit();
      if (BREAKS_CONNECTIONS.includes(effect)) scene.times.cut(node, host.step);
      if (!isOperationItself(effect)) happen(effect, scene, { node, lose: () => undefined, answer: () => undefined });
    },
  });
}
