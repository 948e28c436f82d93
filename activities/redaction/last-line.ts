import { redactedText } from './redacted.ts';

/** Enough for the lines around a secret by which it is known: a key's, a block's. */
const WINDOW = 16_384;

/** The last line of a stream that has words in it, whole or begun, however the stream is cut; without secrets. */
export function lastLine(): { push(text: string): void; read(): string | null } {
  let window = '';
  return {
    push: (text) => { window = fromFirstLine(`${window}${text}`, WINDOW); },
    read: () => redactedText(window).split(/[\r\n]/).map((part) => part.trim()).findLast((part) => part !== '') ?? null,
  };
}

/** The end of a text, without the line that the cut goes through: half a secret has no form to know it by. */
export function fromFirstLine(text: string, characters: number): string {
  if (text.length < characters) return text;
  const end = text.slice(-characters);
  const firstEnd = end.search(/[\r\n]/);
  return firstEnd === -1 ? end : end.slice(firstEnd + 1);
}
