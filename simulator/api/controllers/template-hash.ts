import type { PodTemplate } from '../kinds.ts';

/** Label by which the pods of one template of a Deployment are known. */
export const TEMPLATE_HASH = 'pod-template-hash';
/** Label that tells which template a pod of a DaemonSet or StatefulSet was made from. */
export const REVISION_HASH = 'controller-revision-hash';

const hashes = new WeakMap<PodTemplate, string>();

/** A name for the content of a pod template, which a Deployment's own hash label is no part of. */
export function templateHash(template: PodTemplate): string {
  const known = hashes.get(template);
  if (known !== undefined) return known;
  const { [TEMPLATE_HASH]: _, ...labels } = { ...template.metadata?.labels };
  const hash = fnv(canonical({ ...template, metadata: { ...template.metadata, labels } })).toString(36).padStart(7, '0');
  hashes.set(template, hash);
  return hash;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1))) : part));
}

/** FNV-1a over 53 bits, as two halves. */
function fnv(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x1000193;
  for (let at = 0; at < text.length; at += 1) {
    low = Math.imul(low ^ text.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(at), 0x85ebca6b);
  }
  return (low >>> 0) + (high & 0x1f_ffff) * 4_294_967_296;
}
