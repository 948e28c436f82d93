/** A rehearsal that cannot be: what, where and why in `message`, then what to do. Shown without a stack. */
export class RehearsalError extends Error {
  readonly next: string;
  /** `problem` is about what a person wrote; `usage` is about how the command was called. */
  readonly kind: 'problem' | 'usage';

  constructor(message: string, next: string, kind: 'problem' | 'usage' = 'problem') {
    super(message);
    this.name = 'RehearsalError';
    this.next = next;
    this.kind = kind;
  }
}
