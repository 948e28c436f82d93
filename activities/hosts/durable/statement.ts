/** What the protocol's scripts say on standard error: lines `capstan: WORD ...`, then the tail of the output. */
export type Statement =
  /** Begin and end are counted since the boot of the host. */
  | { readonly kind: 'finished'; readonly intent: number; readonly started: boolean; readonly size: number; readonly from: number; readonly exitCode: number; readonly beginSeconds: number; readonly endSeconds: number; readonly tail: Buffer }
  | { readonly kind: 'interrupted'; readonly intent: number; readonly size: number; readonly from: number; readonly tail: Buffer }
  | { readonly kind: 'superseded'; readonly turn: number; readonly runMs: number; readonly attempt: number }
  | { readonly kind: 'missing'; readonly tool: string }
  | { readonly kind: 'refused'; readonly message: string };

const PREFIX = 'capstan: ';

/** The last word of a `run-step.sh`; null where it did not come to one. What stands between the lines is passed over. */
export function readStatement(bytes: Buffer): Statement | null {
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\n', at);
    if (end < 0) return null;
    const line = bytes.toString('utf8', at, end);
    at = end + 1;
    if (!line.startsWith(PREFIX)) continue;
    const statement = statementOf(line.slice(PREFIX.length), bytes.subarray(at));
    if (statement !== null) return statement;
  }
}

/** Words of the first line `capstan: NAME ...`; null where there is none. */
export function wordsAfter(name: string, bytes: Buffer): readonly string[] | null {
  const line = bytes.toString('utf8').split('\n').find((each) => each.startsWith(`${PREFIX}${name} `));
  return line === undefined ? null : line.slice(PREFIX.length + name.length + 1).split(' ');
}

function statementOf(line: string, tail: Buffer): Statement | null {
  const [word, ...rest] = line.split(' ');
  const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = '', seventh = ''] = rest;
  switch (word) {
    case 'finished':
      return {
        kind: 'finished', intent: Number(first), started: second === 'started', size: Number(third), from: Number(fourth),
        exitCode: Number(fifth), beginSeconds: Number(sixth), endSeconds: Number(seventh), tail,
      };
    case 'interrupted':
      // The shorter line of that name says what was found, before the report.
      return rest.length < 4 ? null : { kind: 'interrupted', intent: Number(first), size: Number(third), from: Number(fourth), tail };
    case 'superseded':
      return { kind: 'superseded', turn: Number(first), runMs: Number(second), attempt: Number(third) };
    case 'missing':
      return { kind: 'missing', tool: first };
    case 'refused':
      return { kind: 'refused', message: rest.join(' ').trim() };
    default:
      return null;
  }
}
