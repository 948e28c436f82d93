import { isSecretName } from '../../workflows/domain/redact.ts';
import { rememberSecret } from './known-secrets.ts';

/** Host names, paths, versions, names of objects: a Secret holds them too, and messages need them. */
const ORDINARY = /^[a-z\d._/:-]*$/;

/** Lets no value of a Secret leave: an API server that does not take it quotes them. */
export function rememberSecretOf(object: { readonly kind: string; readonly data?: unknown; readonly stringData?: unknown }): void {
  if (object.kind !== 'Secret') return;
  for (const [name, value] of entriesOf(object.stringData)) rememberIfSecret(name, value);
  for (const [name, value] of entriesOf(object.data)) {
    rememberSecret(value);
    rememberIfSecret(name, Buffer.from(value, 'base64').toString('utf8'));
  }
}

function rememberIfSecret(name: string, value: string): void {
  if (isSecretName(name) || !ORDINARY.test(value)) rememberSecret(value);
}

function entriesOf(map: unknown): readonly (readonly [string, string])[] {
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map).flatMap(([name, value]): readonly (readonly [string, string])[] => (typeof value === 'string' ? [[name, value]] : []));
}
