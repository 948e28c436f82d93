import type { ImportKind } from './read-imports.ts';

/** Part of the project that a file belongs to; the more special one comes first in `AREAS`. */
export type Area = 'domain' | 'workflows' | 'spec' | 'codec' | 'activities' | 'worker' | 'simulator' | 'client';

export const AREAS = [
  ['domain', 'workflows/domain/'], ['workflows', 'workflows/'], ['spec', 'spec/'], ['codec', 'codec/'],
  ['activities', 'activities/'], ['worker', 'worker/'],
  ['simulator', 'simulator/'], ['client', 'client/'],
] as const satisfies readonly (readonly [Area, string])[];

/** What files of an area may import. */
export interface Fence {
  /** Paths that may be imported, each a folder with a slash at its end or a file, by the kinds of import allowed. */
  readonly files: readonly (readonly [path: string, ...kinds: ImportKind[]])[];
  /** Packages: the only ones allowed, or the ones that are not. */
  readonly packages: { readonly only: readonly string[] } | { readonly never: readonly string[] };
  readonly builtins: boolean;
  /** True follows imports to their end: nothing behind them may cross the fence either. `static` leaves out what is imported when asked. */
  readonly reach: 'everything' | 'static' | 'nothing';
  readonly reason: string;
}

const ANY = ['static', 'dynamic', 'type'] as const;
const DOMAIN = ['workflows/domain/', ...ANY] as const;
const WORKFLOW_TYPES = ['workflows/', 'type'] as const;
const CODEC = ['codec/', ...ANY] as const;
const MESSAGES = ['workflows/messages.ts', ...ANY] as const;

/** The architecture: arrows point inward. */
export const FENCES: Readonly<Record<Area, Fence>> = {
  domain: {
    files: [DOMAIN], packages: { only: ['@noble/hashes'] }, builtins: false, reach: 'everything',
    reason: 'workflows/domain is pure and imports nothing but itself and a hash',
  },
  workflows: {
    files: [['workflows/', ...ANY], ['activities/', 'type']], packages: { only: ['@temporalio/workflow', '@temporalio/common', '@noble/hashes'] }, builtins: false, reach: 'everything',
    reason: 'workflows/ is what enters the workflow bundle: no Node built-in, no zod, no Kubernetes, activities by type only',
  },
  spec: {
    files: [DOMAIN, ['spec/', ...ANY]], packages: { only: ['zod', 'yaml'] }, builtins: true, reach: 'nothing',
    reason: 'spec/ imports the domain only',
  },
  codec: {
    files: [['codec/', ...ANY]], packages: { only: ['@temporalio/common'] }, builtins: true, reach: 'nothing',
    reason: 'codec/ is how payloads are stored: worker and client share it, and it knows of neither',
  },
  activities: {
    files: [DOMAIN, WORKFLOW_TYPES, ['activities/', ...ANY]],
    packages: { never: ['@temporalio/worker', '@temporalio/client', '@temporalio/testing', '@temporalio/workflow', 'commander'] }, builtins: true, reach: 'nothing',
    reason: 'activities/ are effects: they know the domain and the types of workflows, not who runs or starts them',
  },
  worker: {
    files: [DOMAIN, MESSAGES, WORKFLOW_TYPES, CODEC, ['activities/', ...ANY], ['worker/', ...ANY], ['simulator/rehearse/main.ts', 'dynamic', 'type']],
    packages: { never: ['@temporalio/workflow', 'commander'] }, builtins: true, reach: 'nothing',
    reason: 'worker/ puts activities together and takes workflows by path; of the simulator it loads the rehearsal, and only when asked',
  },
  simulator: {
    files: [DOMAIN, MESSAGES, WORKFLOW_TYPES, CODEC, ['spec/', ...ANY], ['activities/', ...ANY], ['worker/', ...ANY], ['simulator/', ...ANY]],
    packages: { never: ['@temporalio/workflow', 'commander'] }, builtins: true, reach: 'nothing',
    reason: 'simulator/ is a cluster and whoever runs the engine on it; the engine knows nothing of it',
  },
  client: {
    files: [
      DOMAIN, MESSAGES, WORKFLOW_TYPES, CODEC, ['spec/', ...ANY], ['client/', ...ANY], ['worker/main.ts', 'dynamic', 'type'], ['worker/dev.ts', 'dynamic', 'type'],
      ['simulator/demo/main.ts', 'dynamic', 'type'], ['simulator/rehearse/main.ts', 'dynamic', 'type'],
    ],
    packages: { never: ['@kubernetes/client-node', 'ssh2', '@temporalio/worker', '@temporalio/activity', '@temporalio/testing'] }, builtins: true, reach: 'static',
    reason: 'client/ loads no Kubernetes, SSH, worker or simulator code; worker/main.ts, worker/dev.ts and the simulator\'s main.ts files only when asked',
  },
};

export function areaOf(file: string): Area | undefined {
  return AREAS.find(([, folder]) => file.startsWith(folder))?.[0];
}

export function allowsFile(fence: Fence, target: string, kind: ImportKind): boolean {
  return fence.files.some(([path, ...kinds]) => (path.endsWith('/') ? target.startsWith(path) : target === path) && kinds.includes(kind));
}

export function allowsPackage(fence: Fence, name: string): boolean {
  const { packages } = fence;
  return 'only' in packages ? packages.only.includes(name) : !packages.never.includes(name);
}
