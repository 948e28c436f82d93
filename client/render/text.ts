const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof COLOURS;

export function paint(text: string, colour: Colour | null, isColoured: boolean): string {
  return colour === null || !isColoured || text === '' ? text : `\u001B[${COLOURS[colour]}m${text}\u001B[0m`;
}

/**
 * Names and messages come from hosts: what would steer the terminal is taken out, and what would show a text other than it is:
 * characters that turn the direction of writing, and those without width. Lines stay.
 */
export function plain(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/\u001B\[[0-?]*[ -/]*[@-~]|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]|[\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu, '')
    .replaceAll('\t', '    ');
}

/** First line of a message, for a table. */
export function firstLine(text: string): string {
  return plain(text).trimStart().split('\n')[0] ?? '';
}

/** `1 node`, `2 nodes`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `12s`, `4m10s`, `2h05m`, `3d4h`: two parts at most. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

function two(amount: number): string {
  return String(amount).padStart(2, '0');
}

/** `2026-11-21 04:15:48Z` of an ISO time. */
export function timeOf(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})/.exec(iso);
  return match === null ? plain(iso) : `${match[1]} ${match[2]}Z`;
}
