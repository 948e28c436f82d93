/** What people may write, as errors quote it. */
export const DURATION_FORM = 'a duration such as 90s, 15m or 1h30m';

/** Hours, minutes and seconds in this order, each at most once and at least one of them. */
export const DURATION_PATTERN = /^(?=\d)(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/** Seconds of `15m`, `1h30m` or `0s`; null where the text is no duration. */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** `15m`, `1h30m`, `0s`: the shortest form of so many seconds. */
export function durationText(seconds: number): string {
  const parts = [[Math.floor(seconds / 3600), 'h'], [Math.floor(seconds / 60) % 60, 'm'], [seconds % 60, 's']] as const;
  return parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount}${unit}`).join('') || '0s';
}
