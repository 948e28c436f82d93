import type { Limits, TwinEvent } from './events.ts';
import type { Memory } from './memory.ts';

/**
 * Whether an event breaks a rule, and how; null where it does not. A pure function.
 * @param before What happened until then.
 */
export type Rule = (event: TwinEvent, before: Memory, limits: Limits) => string | null;
