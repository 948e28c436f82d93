import { z } from 'zod';
import { MAX_UNAVAILABLE_FORM } from '../workflows/domain/max-unavailable.ts';
import { meta, text } from './leaves.ts';
import { drainSchema } from './schema-drain.ts';
import { LABEL_KEY, LABEL_VALUE, NAME, PERCENTAGE } from './patterns.ts';
import { requirementRules } from './rules.ts';

const LABEL_VALUE_FORM = 'the value of a label: letters, digits, dashes, dots and underscores, at most 63';
const labelValue = text(LABEL_VALUE, { description: 'Value of the label.', expected: LABEL_VALUE_FORM, example: 'gpu' });
const labelKey = text(LABEL_KEY, { description: 'Key of the label.', expected: 'the key of a label, such as example.org/pool', example: 'example.org/pool' });

const requirement = z.strictObject({
  key: labelKey,
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).meta(meta({ description: 'How the label is compared. NotIn and DoesNotExist also fit nodes without the label.', expected: 'In, NotIn, Exists or DoesNotExist' })),
  values: z.array(labelValue).default([]).meta(meta({ description: 'For In and NotIn: at least one value. None otherwise.', expected: 'a list of values' })),
}).superRefine(requirementRules).meta(meta({ description: 'One condition.', expected: 'the keys key, operator and values' }));

/** Which nodes, as in the Kubernetes API. */
export const nodeSelector = z.strictObject({
  matchLabels: z.record(labelKey, labelValue).default({}).meta(meta({ description: 'Labels that a node must have.', expected: 'labels such as {pool: gpu}' })),
  matchExpressions: z.array(requirement).default([]).meta(meta({ description: 'Conditions that must all hold.', expected: 'a list of conditions' })),
});

const selector = nodeSelector.meta(meta({ description: 'Which workers are in the pool, as in the Kubernetes API. Null, or without any condition: every worker that no other pool takes.', expected: '{matchLabels: {KEY: VALUE}}, or null' }));

/** A pool of workers as people write it. */
export const poolSchema = z.strictObject({
  name: text(NAME, { description: 'Name of the pool.', expected: 'lower-case letters, digits and dashes, at most 63, such as gpu', example: 'gpu' }),
  selector: selector.nullable().default(null),
  maxUnavailable: z.union([z.int().min(1), z.string().regex(PERCENTAGE)]).default('10%')
    .meta(meta({ description: 'How many nodes of the pool may be down at once: a count below the total, or a percentage, floored and at least 1. In a pool of one node, 1 is that node.', expected: MAX_UNAVAILABLE_FORM, example: '10%' })),
  maxUnavailablePerZone: z.union([z.int().min(1), z.string().regex(PERCENTAGE)]).nullable().default(null)
    .meta(meta({ description: 'How many nodes of the pool may be down at once in one zone (label topology.kubernetes.io/zone): a count, or a percentage of its nodes there. Null sets no limit by zone.', expected: `${MAX_UNAVAILABLE_FORM}, or null`, example: 1 })),
  drain: drainSchema,
}).meta(meta({ description: 'A pool of workers.', expected: 'the keys name, selector, maxUnavailable, maxUnavailablePerZone and drain' }));
