import type { JsonObject } from '../../json-value.ts';
import { textsAt } from './pod.ts';

/** Flags of a container by name, `--v`, with all their values; the first word of its command is not one of them. */
export function flagsOf(container: JsonObject): ReadonlyMap<string, readonly string[]> {
  const words = [...textsAt(container, 'command').slice(1), ...textsAt(container, 'args')];
  const flags = new Map<string, string[]>();
  for (let at = 0; at < words.length; at += 1) {
    const [bare = '', ...rest] = (words[at] ?? '').replace(/^--?/, '').split('=');
    const name = `--${bare}`;
    const next = words[at + 1];
    // `--name value` in two words.
    const isSplit = rest.length === 0 && next !== undefined && !next.startsWith('-');
    if (isSplit) at += 1;
    flags.set(name, [...(flags.get(name) ?? []), isSplit ? next : rest.length === 0 ? 'true' : rest.join('=')]);
  }
  return flags;
}
