/**
 * One word of a shell command, exactly as given: in single quotes, where a shell reads every character as itself.
 *
 * @throws RangeError for a NUL, which no shell word can hold.
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('A shell word cannot hold a NUL character.');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Words side by side, each quoted. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
