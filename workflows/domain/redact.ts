import { hidePem, hideSecretObjects } from './redact-blocks.ts';

/** Stands in the place of a secret. */
export const HIDDEN = '[redacted]';

/** Endings of names whose values are secrets, in the words of kubeconfigs, package managers, clouds and registries. */
const NAME = '(?:pass(?:word|wd|phrase)|secret|token|(?:api|access|secret|private|signing|encryption|certificate|client|account|shared)[-_. ]?key(?:[-_]?data)?'
  + '|key[-_]?data|credentials?|authorization|auth|signature|\\bsig)';
/** Names that mean a secret wherever a colon follows; the others need the form of a file, since prose has them too. */
const STRONG = '(?:pass(?:word|wd|phrase)|(?:api|access|secret|private|encryption|certificate)[-_]key|key[-_]data)';
/** Quoted, or up to a space or a delimiter. What is quoted and does not end goes on to the end of the text: it may have been cut. */
const VALUE = '(?:\\\\"(?:[^"\\\\]|\\\\(?!"))*(?:\\\\")?|"(?:[^"\\\\]+|\\\\[^])*"?|\'[^\']*\'?|[^\\s&;,"\'<>(){}[\\]]+)';
/** Not a secret: an object or list, which has names of its own, a file, a value that says that there is none, and what stands here already. */
const NOT = '(?!\\[redacted|[\\s{[]|(?:null|true|false|nil|none|\\d{1,5})(?:[\\s,;}\\])]|$)|~?/(?:etc|var|root|home|run|opt|usr|srv|mnt|tmp)/)';
const QUOTE = '\\\\{0,2}["\']';

/** As `kubeadm join --token` takes it. One without a digit is two words. */
export const BOOTSTRAP_TOKEN = /(?<![\w.-])(?=[a-z.]{0,22}\d)[a-z\d]{6}\.[a-z\d]{16}(?![\w-]|\.\w)/g;

interface Rule {
  readonly find: RegExp;
  readonly put: string;
}

/**
 * In order. Each looks at a character a bounded number of times, so that hostile output costs no more than any other: no rule may
 * begin with an unbounded repetition, and nothing may follow one that could fail.
 */
const RULES: readonly Rule[] = [
  // Userinfo of a URL: all of it with http and ftp, where a name alone is a token; with a password elsewhere.
  { find: /\b((?:https?|ftps?):\/\/)[^\s/?#"'<>]{0,1024}@(?!sha\d)/gi, put: `$1${HIDDEN}@` },
  { find: /\b((?:https?|ftps?):\/\/)[^\s/@:"'<>[]{0,256}:(?!\d{1,5}(?:[/?#\s"'),;.\]]|$))[^\s"'<>]{0,1024}@/gi, put: `$1${HIDDEN}@` },
  { find: /(:\/\/[^\s/@:"'<>[]{0,256}:)[^\s/@"'<>]{1,1024}@(?!sha\d)/g, put: `$1${HIDDEN}@` },
  { find: /(?<![\w/])([\w.%+-]{1,64}:)[^\s:@/"'<>[\]]{3,256}@(?!sha\d)(?=[a-z\d])/gi, put: `$1${HIDDEN}@` },
  // Cut at its end.
  { find: /(:\/\/[^\s/@:"'<>[]{1,256}:)(?!\d{1,5}$)[^\s/@"'<>[\]]{1,1024}$/g, put: `$1${HIDDEN}` },
  { find: /(authorization["']?\s{0,8}[:=]\s{0,8}["']?)(?!\s{0,8}\[redacted)[^\r\n"']+/gi, put: `$1${HIDDEN}` },
  { find: /(\bbearer["']?\s{1,8}["']?)(?!(?:tokens?|auth\w*|realm|schemes?|headers?|credentials?|is|was|and|or|for|from|must|not)\b)[\w.~+/=-]{6,}/gi, put: `$1${HIDDEN}` },
  { find: /(\b[Aa]uth\w{0,20}\b[^\n]{0,40}?\b[Bb]asic\s{1,8})(?=[A-Za-z+/]{0,128}[\d=])[A-Za-z\d+/]{8,}={0,2}/g, put: `$1${HIDDEN}` },
  { find: /(\bset-cookie["']?\s{0,8}[:=]\s{0,8}["']?[^\s=;,"']{1,128}=)(?!\[redacted)[^\s;,"']+/gi, put: `$1${HIDDEN}` },
  // Written in full, or cut: `--token <token>` of a usage is neither.
  { find: /(<(?:pass(?:word|wd|phrase)|secret|token|(?:api|private)[-_]?key)>)(?!\[redacted)[^<\s]{4,1024}(?=<\/|$)/gi, put: `$1${HIDDEN}` },
  { find: /(\b(?:client|api|app|shared)[-_](?:secret|key|token)[ \t]{1,8})(?=[a-z_.~+/=-]{0,128}\d)[\w.~+/=-]{8,}/gi, put: `$1${HIDDEN}` },
  { find: /\beyJ[\w-]{10,}(?:\.[\w-]*){0,4}(?:\r?\n[ \t]{0,16}[\w.=-]{24,}(?=["'\s]|$))*/g, put: HIDDEN },
  // Names with values: in YAML with a block of lines, in YAML or JSON, assigned, and as an option.
  { find: new RegExp(`^([ \\t]{0,256})((?:- )?["']?[\\w.-]{0,64}${NAME}["']?[ \\t]{0,4}:[ \\t]{0,8})[|>][-+0-9]{0,3}[ \\t]{0,8}(?:\\r?\\n(?:\\1[ \\t]+[^\\n]*|[ \\t]*(?=\\r?\\n)))*`, 'gim'), put: `$1$2${HIDDEN}` },
  { find: new RegExp(`(${NAME}["']?[ \\t]{0,4}:[ \\t]{0,8})[|>][-+0-9]{0,3}[ \\t]{0,8}(?:\\r?\\n[ \\t]+[^\\n]*)+`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`(${QUOTE}[\\w.-]{0,64}${NAME}${QUOTE}\\s{0,8}:\\s{0,8})${NOT}${VALUE}`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`^([ \\t>|-]{0,64}[\\w.-]{0,64}${NAME}[ \\t]{0,4}:[ \\t]{1,8})${NOT}[^\\r\\n]+`, 'gim'), put: `$1${HIDDEN}` },
  { find: new RegExp(`([{,][ \\t]{0,8}[\\w.-]{0,64}${NAME}[ \\t]{0,4}:[ \\t]{0,8})${NOT}${VALUE}`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`(pass(?:word|wd|phrase)[ \\t]{0,4}:[ \\t]{1,8})${NOT}[^\\r\\n"']+`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`(${STRONG}["']?[ \\t]{0,4}:[ \\t]{0,8})${NOT}${VALUE}`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`(${NAME}["']?[ \\t]{0,4}=[ \\t]{0,4})${NOT}${VALUE}`, 'gi'), put: `$1${HIDDEN}` },
  { find: new RegExp(`(--[\\w-]{0,40}(?:pass(?:word|wd|phrase)|token|secret|(?:api|access|secret|certificate|encryption)-key)[ \\t]{1,8})(?!-|[a-z]{1,12}(?:[\\s,;:)]|[.]\\s|[.]?$))${NOT}${VALUE}`, 'gi'), put: `$1${HIDDEN}` },
  { find: /(--[\w-]{0,40}pass(?:word|wd|phrase)[ \t]{1,8})(?!-|(?:is|was|are|and|or|not|has|must|flag|option|cannot|needs)\b|\[redacted)[^\s"']+/gi, put: `$1${HIDDEN}` },
  { find: /((?:^|\s)(?:-u|--user|--proxy-user)[ =]["']?[\w.@%+-]{1,64}:)(?!\d+(?:\s|$)|\[redacted)[^\s"']+/g, put: `$1${HIDDEN}` },
  { find: /(\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8})\S+/gi, put: `$1${HIDDEN}` },
  { find: /(certificate[- ]key:?["'`]?\s{1,16})[\da-f]{64}\b/gi, put: `$1${HIDDEN}` },
  // Tokens known by their form: bootstrap tokens, clouds, forges, chats, vaults.
  { find: BOOTSTRAP_TOKEN, put: HIDDEN },
  { find: /\b(?:AKIA|ASIA)[\dA-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}|\bya29\.[\w-]{20,}|\bAIza[\w-]{30,}|\bnpm_\w{30,}|\bhv[sbr]\.[\w-]{20,}|(?<![\w.-])s\.(?=[\w]{0,23}\d)(?=[\w]{0,23}[A-Z])[A-Za-z\d]{24}(?![\w.-])|\bdckr_(?:pat|oat)_[\w-]{16,}|\bgl(?:dt|rt|ptt|ft|soat|cbt|imt|agent|oas)-[\w-]{16,}/g, put: HIDDEN },
];

/**
 * A text without the secrets in it: those given, and everything that has the form or the name of one. Done twice it is the same. Only
 * the whole text can be judged: redact first, cut afterwards.
 *
 * @param known Secrets by their value, the longest first.
 */
export function redact(text: string, known: Iterable<string> = []): string {
  let clean = hideKnown(text, known);
  // Every rule needs one of these, or a word as long as a token.
  if (!/[=:@]|\w{16}|--|pass|bearer|basic|certificate|secret|token|key/i.test(clean)) return clean;
  clean = hideSecretObjects(hidePem(clean, HIDDEN), HIDDEN);
  for (const { find, put } of RULES) clean = clean.replaceAll(find, put);
  return hideKeyMaterial(clean);
}

/** A text without secrets known by their value, the longest first. */
export function hideKnown(text: string, known: Iterable<string>): string {
  let clean = text;
  for (const secret of known) if (clean.includes(secret)) clean = clean.replaceAll(secret, HIDDEN);
  return clean;
}

const SECRET_NAME = new RegExp(`^[\\w.-]{0,64}?${NAME}$`, 'i');

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return name.length <= 128 && SECRET_NAME.test(name);
}

/** Lines of base64 are as long as this but for the last. */
const PEM_WIDTHS = [64, 76];

/** Base64 of keys without the lines around it: whole lines of it, and long words that are no path, no hash and no public key. */
function hideKeyMaterial(text: string): string {
  return text
    .replaceAll(/^([ \t>|"']{0,64})(?=[^\n]{0,80}[A-Z])(?=[^\n]{0,80}[a-z])([A-Za-z\d+/]{48,76}={0,2})(?=["']?[ \t]*\r?$)/gm, (line, before: string, word: string) => (isPath(word) && !PEM_WIDTHS.includes(word.length) ? line : `${before}${HIDDEN}`))
    .replaceAll(/(?<!SHA256:)(?<![\w+/=.%-])[A-Za-z\d+/]{40,}={0,2}(?![\w.-])/g, (word) => (isKeyMaterial(word) ? HIDDEN : word));
}

function isKeyMaterial(word: string): boolean {
  // Public keys of SSH begin with the length of their type.
  if (word.startsWith('AAAA')) return false;
  const amount = (kind: RegExp): number => word.replaceAll(kind, '').length;
  const { length } = word;
  return amount(/[^A-Z]/g) >= length / 10 && amount(/[^a-z]/g) >= length / 10 && amount(/\D/g) >= length / 20 && !isPath(word);
}

function isPath(word: string): boolean {
  return word.replaceAll(/[^/]/g, '').length > Math.max(3, word.length / 12);
}
