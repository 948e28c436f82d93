import type { HostEffect } from '../../../simulator/hosts/faults.ts';
import type { Effect } from '../catalogue/effects.ts';
import type { Scene } from './scene.ts';

const DOWN_MS = 2_000;
/** Longer than it takes Temporal to miss a heartbeat, so that the next worker finds the unit still running. */
const OUTLASTS_WORKER_MS = 20_000;
const OUTLASTS_CONNECTION_MS = 2_500;

/** What an operation in whose middle the fault happens does; where it is only a moment for something else, it takes its time. */
export function hostEffect(effect: Effect, scene: Scene): HostEffect {
  switch (effect) {
    case 'unit-killed': return { kind: 'kill' };
    case 'host-rebooted': return { kind: 'reboot', downMs: DOWN_MS * scene.speed };
    case 'package-broken': return { kind: 'fail', exitCode: 100, message: 'dpkg-deb (subprocess): decompressing archive: lzma error: compressed data is corrupt\nE: Sub-process /usr/bin/dpkg returned an error code (1)' };
    case 'disk-full': return { kind: 'fail', exitCode: 100, message: 'dpkg: error: failed to write status database record: No space left on device\nE: Sub-process /usr/bin/dpkg returned an error code (2)' };
    case 'kubeadm-fails': return { kind: 'fail', exitCode: 1, message: 'error: error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR CoreDNSMigration]: the twin was told to fail' };
    default: return { kind: 'wait', ms: pauseMs(effect, scene) * scene.speed, message: 'busy' };
  }
}

/** True where the operation itself is what goes wrong, and nothing else has to happen. */
export function isOperationItself(effect: Effect): boolean {
  return ['unit-killed', 'host-rebooted', 'package-broken', 'disk-full', 'kubeadm-fails'].includes(effect);
}

/** By the seed, the unit runs on when the engine is back, or its result is there by then. */
function pauseMs(effect: Effect, { random }: Scene): number {
  if (effect === 'second-worker') return OUTLASTS_WORKER_MS;
  const outlasts = random.below(2) === 0;
  if (!outlasts) return 0;
  return effect === 'worker-killed' ? OUTLASTS_WORKER_MS : OUTLASTS_CONNECTION_MS;
}
