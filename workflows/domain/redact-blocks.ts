const MARKER = /-----(BEGIN|END) [A-Z\d ]{1,64}-{0,5}/g;
/** What follows a BEGIN whose END was cut off: headers of an encrypted key, then base64; line ends may be escaped. */
const REST = /(?:\s{0,64}(?:Proc-Type|DEK-Info):[^\n\\]*)*(?:[A-Za-z\d+/=]+|\\[nrt]|\r?\n[ \t>|]{0,64}|[ \t]{1,64}(?=[A-Za-z\d+/=]{40}))*/y;

/** PEM blocks, whole or cut at either end. */
export function hidePem(text: string, hidden: string): string {
  const markers = [...text.matchAll(MARKER)];
  if (markers.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const [index, marker] of markers.entries()) {
    if (marker.index < at) continue;
    const next = markers[index + 1];
    if (marker[1] === 'END') {
      parts.push(withoutEnd(text.slice(at, marker.index)), hidden);
      at = marker.index + marker[0].length;
      continue;
    }
    parts.push(text.slice(at, marker.index), hidden);
    at = next?.[1] === 'END' ? next.index + next[0].length : restOf(text, marker.index + marker[0].length);
  }
  return [...parts, text.slice(at)].join('');
}

function restOf(text: string, from: number): number {
  REST.lastIndex = from;
  return from + (REST.exec(text)?.[0].length ?? 0);
}

/** A text without the lines of base64 at its end: those of a block whose beginning was cut off. */
function withoutEnd(text: string): string {
  const lines = text.split(/(?<=\n)|(?<=\\n)/);
  let kept = lines.length;
  while (kept > 0 && /^[ \t>|]{0,64}[A-Za-z\d+/=]{0,128}(?:\r|\\r)?(?:\n|\\n)?$/.test(lines[kept - 1] ?? '')) kept -= 1;
  return lines.slice(0, kept).join('');
}

/** Values of `data` and `stringData` in a text that holds a Secret, as YAML or JSON: their names are anybody's. */
export function hideSecretObjects(text: string, hidden: string): string {
  if (!/\bkind["']?[ \t]{0,4}:[ \t]{0,4}["']?Secret\b/.test(text)) return text;
  return text
    .replaceAll(/^([ \t]{0,256})((?:stringData|data):)[ \t]{0,8}(?:\r?\n(?:\1[ \t]+[^\n]*|[ \t]*(?=\r?\n)))+/gm, `$1$2 ${hidden}`)
    .replaceAll(/("(?:stringData|data)"\s{0,8}:\s{0,8})\{[^{}]*\}?/g, `$1"${hidden}"`);
}
