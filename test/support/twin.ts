import { readFile } from 'node:fs/promises';
import { LAB_TIMINGS, scaleTimings } from '../../simulator/timings.ts';
import type { Twin } from '../../simulator/twin.ts';
import { parseSpec } from '../../spec/parse.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';

/** A tenth of the lab's times, on top of a twin's speed: a host that is down for half a minute is soon back. */
export const FAST_TIMINGS = { ...scaleTimings(LAB_TIMINGS, 1 / 10), stopPodPart: { meanMs: 0.02, variation: 0.3 } };

/** The spec that a twin wrote for its own upgrade. */
export async function specOfTwin({ files }: Twin): Promise<UpgradeSpec> {
  const parsed = parseSpec(await readFile(files.spec, 'utf8'), files.spec);
  if (!parsed.ok) throw new Error(`the twin's own spec is wrong: ${JSON.stringify(parsed.errors)}`);
  return parsed.spec;
}
