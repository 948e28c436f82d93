import type { PlannedNode, PlannedPhase } from './plan.ts';

type Phases = readonly PlannedPhase[];

/** Windows no wider than they are now: a pool that lost nodes may have fewer down at once. The very same list where none is narrower. */
export function narrowedPhases(planned: Phases, now: Phases): Phases {
  const narrowed = planned.map((phase) => {
    const current = samePool(phase, now);
    return current === undefined ? phase : narrowedPhase(phase, current);
  });
  return narrowed.every((phase, index) => phase === planned[index]) ? planned : narrowed;
}

function narrowedPhase(phase: PlannedPhase, now: PlannedPhase): PlannedPhase {
  const maxUnavailable = Math.min(phase.maxUnavailable, now.maxUnavailable);
  const perZone = narrowedZones(phase.maxUnavailablePerZone, now.maxUnavailablePerZone);
  if (maxUnavailable === phase.maxUnavailable && perZone === phase.maxUnavailablePerZone) return phase;
  return { ...phase, maxUnavailable, ...(perZone === undefined ? {} : { maxUnavailablePerZone: perZone }) };
}

/** A zone that nobody planned with gets its limit; one that the cluster no longer has keeps it. */
function narrowedZones(planned: PlannedPhase['maxUnavailablePerZone'], now: PlannedPhase['maxUnavailablePerZone']): PlannedPhase['maxUnavailablePerZone'] {
  if (planned === undefined || now === undefined) return planned;
  const changed = Object.entries(now).filter(([zone, width]) => width < (planned[zone] ?? Number.POSITIVE_INFINITY));
  return changed.length === 0 ? planned : { ...planned, ...Object.fromEntries(changed) };
}

/** What became narrower, a line each. */
export function widthLines(before: Phases, after: Phases): readonly string[] {
  return before.flatMap((phase, index) => {
    const narrower = after[index];
    if (narrower === undefined || narrower.maxUnavailable === phase.maxUnavailable) return [];
    return [`pool ${phase.pool ?? 'none'}: at most ${narrower.maxUnavailable} down at once, was ${phase.maxUnavailable}`];
  });
}

/** The phases with these workers in their pools and with the windows of now; a pool that had nothing to do comes last. */
export function grownPhases(planned: Phases, now: Phases, nodes: readonly PlannedNode[]): Phases {
  const grown = new Set(nodes.map(({ name }) => name));
  const inPool = (pool: string | undefined): readonly string[] => nodes.filter((node) => node.pool === (pool ?? null)).map(({ name }) => name);
  const widened = planned.map((phase) => {
    if (phase.phase !== 'workers') return phase;
    const current = samePool(phase, now);
    const kept = phase.groups.map((group) => group.filter((name) => !grown.has(name)));
    const groups = [...kept.slice(0, -1), [...(kept.at(-1) ?? []), ...inPool(phase.pool)]];
    const { maxUnavailable, maxUnavailablePerZone } = current ?? phase;
    return { ...phase, maxUnavailable, ...(maxUnavailablePerZone === undefined ? {} : { maxUnavailablePerZone }), groups };
  });
  const added = now.filter((phase) => phase.phase === 'workers' && samePool(phase, planned) === undefined && inPool(phase.pool).length > 0)
    .map((phase) => ({ ...phase, groups: [inPool(phase.pool)] }));
  return [...widened, ...added];
}

function samePool({ pool }: PlannedPhase, phases: Phases): PlannedPhase | undefined {
  return phases.find((phase) => phase.phase === 'workers' && pool !== undefined && phase.pool === pool);
}
