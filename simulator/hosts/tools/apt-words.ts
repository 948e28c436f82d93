/** Words of an apt command: its options `-o NAME=VALUE`, its flags, and the rest. */
export interface Words {
  readonly options: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

export interface Wanted {
  readonly name: string;
  readonly version: string;
}

export const NO_WORDS: Words = { options: new Map(), flags: new Set(), words: [] };

export function parseWords(args: readonly string[]): Words {
  const options = new Map<string, string>();
  const flags = new Set<string>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '-o') {
      const [name = '', ...value] = (args[++at] ?? '').split('=');
      options.set(name, value.join('='));
    } else if (word.startsWith('-')) flags.add(word);
    else words.push(word);
  }
  return { options, flags, words };
}

/** `NAME=VERSION`. */
export function splitSpec(spec: string): Wanted {
  const at = spec.indexOf('=');
  return at < 0 ? { name: spec, version: '' } : { name: spec.slice(0, at), version: spec.slice(at + 1) };
}

export function archiveName(name: string, version: string): string {
  return `${name}_${version}_amd64.deb`;
}
