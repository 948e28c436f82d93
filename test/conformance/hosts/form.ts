/** Lines that only say how a certain repository, package or host is made. */
const PASSED_OVER = [
  /^(Get|Ign|Hit):\d+ /, /^Fetched /, /^\(Reading database/, /^Need to get /, /^After this operation/, /^W\d{4} /, /^\t\[WARNING /, /^Selecting previously/,
  // What etcdctl logs beside what it says.
  /^\{"level":/,
  // The kernel's own affair, which a twin does not have.
  /^cgroup [12]$/,
  // A repository that signs its lists has more of them.
  /^Err:\d+ .* Translation/,
];

/**
 * The form of an output: names, order and words as they are; versions, addresses, times and numbers by what they are. Long
 * rows of blanks are one, because the width of a table follows from its names.
 */
export function formOf(output: string): readonly string[] {
  const lines = output.split('\n').filter((line) => !PASSED_OVER.some((pattern) => pattern.test(line)));
  while (lines.at(-1) === '') lines.pop();
  return lines.map(formOfLine);
}

function formOfLine(line: string): string {
  const document = /^(?<name>members|status|health|alarms|result:) (?<json>[[{].*)$/.exec(line)?.groups;
  if (document !== undefined) return `${document['name'] ?? ''} ${shapeOf(document['json'] ?? '')}`;
  return line
    .replaceAll(/https?:\/\/[^\s"]+/g, 'URL')
    .replaceAll(/\d{4}-\d\d-\d\d[T-]\d\d[:-]\d\d[:-]\d\d(?:\.\d+)?Z?/g, 'TIME')
    .replaceAll(/\bv?\d+\.\d+(?:\.\d+)?(?:[-+~][\w.]+)?(?=[\s",)'/_]|$)/g, 'VERSION')
    .replaceAll(/(?<=:)v?\d+(?:\.\d+)+(?:-\d+)?/g, 'VERSION')
    .replaceAll(/\bv\d+\.\d+\b/g, 'VERSION')
    .replaceAll(/(?<=kubelet-config)\d+/g, 'N')
    .replaceAll(/(?<=\/var\/lib\/capstan\/scratch\/)\w+/g, 'SCRATCH')
    // Where images are, and on which file system, is the host's own affair.
    .replaceAll(/^images-at .*$/g, 'images-at FOLDER').replaceAll(/^free (\/var\/lib\/capstan|\/etc\/kubernetes\/tmp) \d+ \S+$/g, 'free $1 N').replaceAll(/^free \S+ \d+ \S+$/g, 'free FOLDER N')
    // Which control-plane node is asked follows etcd's leader.
    .replaceAll(/^member [^=]+=/g, 'member NAME=')
    .replaceAll(/(?<=\/var\/lib\/capstan\/conformance\/)[^/]+(?=\/restore\/)/g, 'NAME')
    .replaceAll(/^recorded \d+ files$/g, 'recorded N files')
    .replaceAll(/^(data-free|state-free) \d+$/g, '$1 N')
    // What a kubelet bears is the host's own affair.
    .replaceAll(/^(kubelet-(?:flag|drop-in|file) \w+) .*$/g, '$1 X')
    .replaceAll(/\bErr:\d+/g, 'Err:N')
    .replaceAll(/\[IP: [^\]]*\]/g, '[IP]')
    .replaceAll(/\b[0-9a-f]{12,16}\b/g, 'ID')
    .replaceAll(/ {2,}/g, ' ').trimEnd();
}

/** Names and kinds of values of a JSON document, whatever the order of its rows. */
function shapeOf(text: string): string {
  try {
    // Numbers of 64 bits are numbers here: their value does not matter.
    return JSON.stringify(shape(JSON.parse(text)));
  } catch {
    return text;
  }
}

function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shape(each))))].toSorted((left, right) => (left < right ? -1 : 1)).map((each): unknown => JSON.parse(each));
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)]).toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1)));
}
