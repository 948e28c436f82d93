/** Words as `quoteAll` writes them, from `at` on; null where the text is none of its. */
export function readWords(text: string, at: number): { readonly words: readonly string[]; readonly end: number } | null {
  const words: string[] = [];
  let end = at;
  while (text[end] === "'") {
    const read = readWord(text, end);
    if (read === null) return null;
    words.push(read.word);
    end = read.end;
    if (text[end] !== ' ') break;
    end += 1;
  }
  return { words, end };
}

/** One word in single quotes; a quote in it is written `'\''`. */
function readWord(text: string, at: number): { readonly word: string; readonly end: number } | null {
  let word = '';
  let from = at + 1;
  for (;;) {
    const end = text.indexOf("'", from);
    if (end < 0) return null;
    word += text.slice(from, end);
    if (!text.startsWith("\\''", end + 1)) return { word, end: end + 1 };
    word += "'";
    from = end + 4;
  }
}

/** All words of a text that holds nothing else; null for any other text. */
export function allWords(text: string): readonly string[] | null {
  const read = readWords(text, 0);
  return read === null || read.end !== text.length ? null : read.words;
}

/** The arguments of the login shell, without sudo; null where the line is not one of the worker's. */
export function wordsOfLine(line: string): readonly string[] | null {
  const shell = /^(?:sudo -n -- )?sh (?=')/.exec(line);
  return shell === null ? null : allWords(line.slice(shell[0].length));
}
