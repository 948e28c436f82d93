/** Something wrong in a spec, and where. */
export interface SpecProblem {
  /** As the person named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `spec.pools[0].maxUnavailable`; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong. Never repeats a value of `access`. */
  readonly message: string;
  /** What would be right. */
  readonly expected: string;
}

/** One line for people: `cluster.yaml:12:9: spec.target.version: is missing. Expected: …`. */
export function formatProblem({ file, line, column, path, message, expected }: SpecProblem): string {
  const place = path === '' ? '' : `${path}: `;
  const right = expected === '' ? '' : ` Expected: ${expected}.`;
  return `${file}:${line}:${column}: ${place}${message}.${right}`;
}
