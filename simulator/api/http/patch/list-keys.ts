/**
 * How the items of a list are told apart when lists are merged: by these of their fields. A list of plain values is a set where it
 * is named with none. What is not named is replaced as a whole. Source: patchMergeKey and listMapKeys in staging/src/k8s.io/api.
 */
const KEYS: readonly (readonly [path: RegExp, keys: readonly string[]])[] = [
  [/(^|\.)conditions$/, ['type']],
  [/(^|\.)(containers|initContainers|ephemeralContainers|volumes|imagePullSecrets)$/, ['name']],
  [/containers\.env$/i, ['name']],
  [/containers\.volumeMounts$/i, ['mountPath']],
  [/containers\.volumeDevices$/i, ['devicePath']],
  [/containers\.ports$/i, ['containerPort', 'protocol']],
  [/^spec\.ports$/, ['port', 'protocol']],
  [/(^|\.)topologySpreadConstraints$/, ['topologyKey', 'whenUnsatisfiable']],
  [/(^|\.)hostAliases$/, ['ip']],
  [/^metadata\.ownerReferences$/, ['uid']],
  [/^metadata\.finalizers$/, []],
  [/^status\.addresses$/, ['type']],
  [/^webhooks$/, ['name']],
  [/^(secrets)$/, ['name']],
];

/** Null where the list is replaced as a whole; empty for a set of plain values. */
export function listKeys(path: readonly string[]): readonly string[] | null {
  const dotted = path.join('.');
  return KEYS.find(([pattern]) => pattern.test(dotted))?.[1] ?? null;
}

/** An item's key as one text; absent parts take the API's default. */
export function itemKey(item: unknown, keys: readonly string[]): string {
  if (typeof item !== 'object' || item === null) return JSON.stringify(item);
  return keys.map((key) => JSON.stringify(Reflect.get(item, key) ?? (key === 'protocol' ? 'TCP' : null))).join(',');
}
