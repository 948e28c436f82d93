/** Something that runs, and that kubeadm would not write. */
export interface Loss {
  /** As a person finds it: `--audit-log-path=/var/log/audit.log`, `the image mirror.example/etcd:3.5.24`. */
  readonly what: string;
  /** Where it would be kept. */
  readonly kind: LossKind;
  /** A person's own configuration or patch names it, with another value. */
  readonly isDecided: boolean;
}

export const LOSS_KINDS = ['flag', 'volume', 'env', 'image', 'probe', 'other'] as const;
export type LossKind = (typeof LOSS_KINDS)[number];

const SHORT = 80;
/** Paths, numbers, durations, quantities, truths: values that are no secret. Any other value is left out of messages. */
const PLAIN = /^(\/[\w./+-]*|-?\d+(\.\d+)?([a-zA-Z%]{0,3}|[hms\d.]*)|true|false)$/;

/** `: VALUE` where the value can be shown, else nothing. */
export function shown(value: unknown, separator: string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  return text.length <= SHORT && PLAIN.test(text) ? `${separator}${text}` : '';
}
