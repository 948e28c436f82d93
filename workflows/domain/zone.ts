/** Label by which a node says in which zone it is. */
export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** The zone of a node's labels; null where it has none. */
export function zoneOf(labels: Readonly<Record<string, string>>): string | null {
  const zone = Object.hasOwn(labels, ZONE_LABEL) ? labels[ZONE_LABEL] : undefined;
  return zone === undefined || zone === '' ? null : zone;
}
