/** Cause in the words of a host's script: its line `error: …`, else the last line that anything said; null where nothing was. */
export function saidByHost(stderr: string): string | null {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const own = lines.findLast((line) => line.startsWith('error: '))?.slice('error: '.length);
  return (own ?? lines.findLast((line) => line.startsWith('Error: ')) ?? lines.at(-1))?.slice(0, LONGEST) ?? null;
}

const LONGEST = 600;
