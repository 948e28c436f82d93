/** Most of what has to be asked for, since nobody tells it, comes within a second. */
const FIRST_MS = 250;

/** Milliseconds before each further question, without end: soon at first, then twice as long each time, and `longestMs` at most. */
export function* pausesUpTo(longestMs: number): Generator<number, never> {
  for (let ms = FIRST_MS; ; ms *= 2) yield Math.min(longestMs, ms);
}
