/** The first bytes of a stream, however long it is. */
export interface KeptOutput {
  take(chunk: Buffer): void;
  bytes(): Buffer;
}

/** Keeps at most `limit` bytes from the beginning. */
export function keepOutput(limit: number): KeptOutput {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take(chunk) {
      if (size >= limit) return;
      chunks.push(chunk.subarray(0, limit - size));
      size += chunk.length;
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/**
 * Passes on what comes after a line, so that what the login shell's own files print is not taken for a script's output.
 * `passed` tells whether the line came.
 */
export function afterLine<T>(line: string, take: (chunk: Buffer) => T): { readonly take: (chunk: Buffer) => T | undefined; readonly passed: () => boolean; readonly before: () => Buffer } {
  const marker = Buffer.from(`${line}\n`);
  let before = Buffer.alloc(0);
  let passed = false;
  return {
    take(chunk) {
      if (passed) return take(chunk);
      before = Buffer.concat([before, chunk]);
      const at = before.indexOf(marker);
      if (at < 0) {
        before = before.subarray(Math.max(0, before.length - MAXIMUM_BEFORE));
        return undefined;
      }
      passed = true;
      const rest = before.subarray(at + marker.length);
      before = before.subarray(0, at);
      return rest.length > 0 ? take(rest) : undefined;
    },
    passed: () => passed,
    before: () => before,
  };
}

/** Bytes of foreign output that are kept for an error's text. */
const MAXIMUM_BEFORE = 8192;
