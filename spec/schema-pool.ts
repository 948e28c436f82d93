import { z } from 'zod';
import { MAX_UNAVAILABLE_FORM } from '../workflows/domain/max-unavailable.ts';
import { duration, flag, meta, text } from './leaves.ts';
import { LABEL_KEY, LABEL_VALUE, NAME, PERCENTAGE, SELECTOR_TEXT } from './patterns.ts';
import { drainRules, requirementRules } from './rules.ts';

const LABEL_VALUE_FORM = 'the value of a label: letters, digits, dashes, dots and underscores, at most 63';
const labelValue = text(LABEL_VALUE, { description: 'Value of the label.', expected: LABEL_VALUE_FORM, example: 'gpu' });
const labelKey = text(LABEL_KEY, { description: 'Key of the label.', expected: 'the key of a label, such as example.org/pool', example: 'example.org/pool' });

const requirement = z.strictObject({
  key: labelKey,
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).meta(meta({ description: 'How the label is compared. NotIn and DoesNotExist also fit nodes without the label.', expected: 'In, NotIn, Exists or DoesNotExist' })),
  values: z.array(labelValue).default([]).meta(meta({ description: 'For In and NotIn: at least one value. None otherwise.', expected: 'a list of values' })),
}).superRefine(requirementRules).meta(meta({ description: 'One condition.', expected: 'the keys key, operator and values' }));

const selector = z.strictObject({
  matchLabels: z.record(labelKey, labelValue).default({}).meta(meta({ description: 'Labels that a node must have.', expected: 'labels such as {pool: gpu}' })),
  matchExpressions: z.array(requirement).default([]).meta(meta({ description: 'Conditions that must all hold.', expected: 'a list of conditions' })),
}).meta(meta({ description: 'Which workers are in the pool, as in the Kubernetes API. Null, or without any condition: every worker that no other pool takes.', expected: '{matchLabels: {KEY: VALUE}}, or null' }));

const drain = z.strictObject({
  enabled: flag(true, 'Evict the pods of a node before its kubelet is upgraded. Without it the node is only cordoned.'),
  timeout: duration('How long a drain may take. Then the node is held for a decision; nothing is forced.').default('15m'),
  gracePeriod: z.int().min(-1).max(86_400).default(-1).meta(meta({ description: 'Seconds given to each pod to end; -1 takes the pod\'s own.', expected: 'seconds from 0 to 86400, or -1', example: -1 })),
  deleteEmptyDir: flag(false, 'Evict pods that use an emptyDir, whose data is lost.'),
  deleteBarePods: flag(false, 'Evict pods that no controller will bring back.'),
  podSelector: text(SELECTOR_TEXT, { description: 'Label selector of the pods to evict. Null evicts all.', expected: 'a label selector such as app=web, or null', example: 'app=web' }).nullable().default(null),
}).superRefine(drainRules).prefault({}).meta(meta({ description: 'How pods leave a node.', expected: 'the keys enabled, timeout and others' }));

/** A pool of workers as people write it. */
export const poolSchema = z.strictObject({
  name: text(NAME, { description: 'Name of the pool.', expected: 'lower-case letters, digits and dashes, at most 63, such as gpu', example: 'gpu' }),
  selector: selector.nullable().default(null),
  maxUnavailable: z.union([z.int().min(1), z.string().regex(PERCENTAGE)]).default('10%')
    .meta(meta({ description: 'How many nodes of the pool may be down at once: a count below the total, or a percentage, floored and at least 1. In a pool of one node, 1 is that node.', expected: MAX_UNAVAILABLE_FORM, example: '10%' })),
  maxUnavailablePerZone: z.union([z.int().min(1), z.string().regex(PERCENTAGE)]).nullable().default(null)
    .meta(meta({ description: 'How many nodes of the pool may be down at once in one zone (label topology.kubernetes.io/zone): a count, or a percentage of its nodes there. Null sets no limit by zone.', expected: `${MAX_UNAVAILABLE_FORM}, or null`, example: 1 })),
  drain,
}).meta(meta({ description: 'A pool of workers.', expected: 'the keys name, selector, maxUnavailable, maxUnavailablePerZone and drain' }));
