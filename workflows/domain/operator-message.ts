/** What a person may say by a signal, by whatever way it came. */
export interface OperatorMessage {
  /** Empty where none is named. */
  readonly node: string;
  readonly by?: string;
  readonly reason?: string;
  readonly now?: boolean;
  readonly after?: string;
  readonly from?: string;
  readonly force?: boolean;
}

/**
 * Reads a signal's input, which the Web UI lets anybody type: none, `null`, and fields of another kind count as not said. A handler
 * that failed on it would fail the same for ever, since the signal stays in the history.
 */
export function operatorMessage(given: unknown): OperatorMessage {
  const fields: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {};
  const { node, by, reason, now, after, from, force } = fields;
  return {
    node: typeof node === 'string' ? node : '',
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof now === 'boolean' ? { now } : {}),
    ...(typeof after === 'string' ? { after } : {}),
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof force === 'boolean' ? { force } : {}),
  };
}
