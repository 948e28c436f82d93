/** ISO time of a timestamp of the service; null where it has none. */
export function isoTime(time: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): string | null {
  if (time?.seconds === undefined || time.seconds === null) return null;
  return new Date(Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6).toISOString();
}
