import type { LeftBehind } from '../../workflows/domain/left-behind.ts';

export interface ReleaseStage {
  readonly name: string;
  readonly left: LeftBehind;
  readonly apply: boolean;
  /** The history is taken while this activity runs; absent: at the end. */
  readonly at?: 'findLeft' | 'releaseLeft';
}

const LEFT: LeftBehind = {
  nodes: [{ name: 'w1', mark: 'upgrade/lost#u1/default', temporal: null, cordoned: true, tainted: false, ready: true, version: 'v1.33.13' }],
  lock: { uid: 'lease', workflow: 'upgrade/lost', startedBy: 'tester@here', since: '2026-11-21T12:00:00.000Z', temporal: null },
  temporal: null,
};

/** Every stage of `releaseCluster`. */
export const RELEASE_STAGES: readonly ReleaseStage[] = [
  { name: 'looking', left: LEFT, apply: false, at: 'findLeft' },
  { name: 'looked', left: LEFT, apply: false },
  { name: 'nothing-left', left: { nodes: [], lock: null, temporal: null }, apply: true },
  { name: 'releasing', left: LEFT, apply: true, at: 'releaseLeft' },
  { name: 'released', left: LEFT, apply: true },
];
