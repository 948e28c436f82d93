import { z } from 'zod';
import { DEFAULT_DRAIN } from '../workflows/domain/drain-policy.ts';
import { duration, flag, meta, text } from './leaves.ts';
import { SELECTOR_TEXT } from './patterns.ts';
import { drainRules } from './rules.ts';

/** A drain as people write it, of a pool or of the control plane. */
export const drainSchema = z.strictObject({
  enabled: flag(DEFAULT_DRAIN.enabled, 'Evict the pods of a node before its kubelet is upgraded. Without it the node is only cordoned.'),
  timeout: duration('How long a drain may take. Then the node is held for a decision; nothing is forced.').default(`${DEFAULT_DRAIN.timeoutSeconds / 60}m`),
  gracePeriod: z.int().min(-1).max(86_400).default(DEFAULT_DRAIN.gracePeriodSeconds).meta(meta({ description: 'Seconds given to each pod to end; -1 takes the pod\'s own.', expected: 'seconds from 0 to 86400, or -1', example: -1 })),
  deleteEmptyDir: flag(DEFAULT_DRAIN.deleteEmptyDir, 'Evict pods that use an emptyDir, whose data is lost.'),
  deleteBarePods: flag(DEFAULT_DRAIN.deleteBarePods, 'Evict pods that no controller will bring back.'),
  podSelector: text(SELECTOR_TEXT, { description: 'Label selector of the pods to evict. Null evicts all.', expected: 'a label selector such as app=web, or null', example: 'app=web' }).nullable().default(DEFAULT_DRAIN.podSelector),
}).superRefine(drainRules).prefault({}).meta(meta({ description: 'How pods leave a node.', expected: 'the keys enabled, timeout and others' }));
