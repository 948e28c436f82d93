/** Lines `NAME VALUE…` of the script check-host, by name. */
export interface HostFacts {
  /** All values of a name, in order. */
  all(name: string): readonly string[];
  /** The first value; null where the line is absent or empty. */
  one(name: string): string | null;
}

export function parseHostFacts(text: string): HostFacts {
  const rows = text.split('\n').map((line) => ({ name: line.split(' ')[0] ?? '', value: line.slice((line.split(' ')[0] ?? '').length).trim() }));
  const all = (name: string): readonly string[] => rows.filter((row) => row.name === name).map((row) => row.value);
  return { all, one: (name) => all(name)[0] || null };
}
