import type { ConformanceCase } from '../case.ts';
import { APPLY_CASES } from './applies.ts';
import { EVICTION_CASES } from './evictions.ts';
import { LIST_CASES } from './lists.ts';
import { OBJECT_CASES } from './objects.ts';
import { PATCH_CASES } from './patches.ts';
import { REFUSAL_CASES } from './refusals.ts';
import { WATCH_CASES } from './watches.ts';
import { WORKLOAD_CASES } from './workloads.ts';

/** What the twin's API and a real one must answer alike. */
export const CASES: readonly ConformanceCase[] = [...OBJECT_CASES, ...WORKLOAD_CASES, ...REFUSAL_CASES, ...PATCH_CASES, ...APPLY_CASES, ...LIST_CASES, ...WATCH_CASES, ...EVICTION_CASES];
