import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a real API server answered to each case, by the case's name. */
export const RECORDED_FILE = join(import.meta.dirname, 'recorded.json');

export interface Recorded {
  /** Version of the server that was asked. */
  readonly server: string;
  readonly answers: Readonly<Record<string, unknown>>;
}

export function readRecorded(): Recorded {
  const recorded: Recorded = JSON.parse(readFileSync(RECORDED_FILE, 'utf8'));
  return recorded;
}
