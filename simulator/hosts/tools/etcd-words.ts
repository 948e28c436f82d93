/** Bytes of the database, as etcd's tools say. */
export const DB_SIZE = 4_206_592;

/** Words that are no option; those options take their value as the next word. */
export function wordsOf(args: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--cluster' || word === '--hex') continue;
    if (word.startsWith('-')) at += word.includes('=') ? 0 : 1;
    else words.push(word);
  }
  return words;
}
