import { filesIn, knownMinors, listsKey, minorsOf, offered, originOf, OWN_LISTS, ownSources, unknownUrls } from '../repository.ts';
import { heldPackages, setPackage } from '../machine.ts';
import { waitForLock } from './apt-lock.ts';
import { download, install } from './apt-install.ts';
import { parseWords } from './apt-words.ts';
import type { Words } from './apt-words.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';

const READ_LISTS = { meanMs: 200, variation: 0.3 };

export async function aptGet(call: Call): Promise<number> {
  const parsed = parseWords(call.args);
  const [command, ...names] = parsed.words;
  try {
    switch (command) {
      case 'update': return await update(call, parsed);
      case 'install': return await install(call, parsed, names);
      case 'download': return download(call, names);
      default: return unknown(call, command);
    }
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
}

export function aptCache(call: Call): number {
  const parsed = parseWords(call.args);
  const [command, ...names] = parsed.words;
  if (command !== 'madison') return unknown(call, command);
  const minors = knownMinors(call.machine, parsed.options.get('Dir::State::lists'));
  for (const name of names) {
    for (const version of offered(call.machine, name, minors)) call.out(`${name.padStart(10)} | ${version} | ${originOf()}`);
  }
  return 0;
}

export function aptMark(call: Call): number {
  const { machine, args: [command, ...names] } = call;
  if (command === 'showhold') {
    for (const each of heldPackages(machine)) call.out(each);
    return 0;
  }
  if (command !== 'hold' && command !== 'unhold') return unknown(call, command);
  const absent = names.find((name) => !machine.packages.has(name));
  if (absent !== undefined) {
    call.err(`E: Unable to locate package ${absent}`);
    return 100;
  }
  for (const name of names) setHold(call, name, command === 'hold');
  return 0;
}

function setHold({ machine, out }: Call, name: string, held: boolean): void {
  if (machine.packages.get(name)?.held === held) {
    out(held ? `${name} was already set on hold.` : `${name} was already not on hold.`);
    return;
  }
  setPackage(machine, name, { held });
  machine.record(held ? `hold ${name}` : `unhold ${name}`);
  out(held ? `${name} set on hold.` : `Canceled hold on ${name}.`);
}

async function update(call: Call, { options }: Words): Promise<number> {
  const { machine } = call;
  await waitForLock(call, options);
  await spend(call, 'read package lists', READ_LISTS);
  const parts = options.get('Dir::Etc::sourceparts');
  const list = options.get('Dir::Etc::sourcelist');
  const sources = [
    ...(parts === undefined ? ownSources(machine) : parts === '-' ? [] : filesIn(machine, parts)),
    ...(list === undefined || list === '/dev/null' ? [] : [list]),
  ];
  const key = listsKey(machine, options.get('Dir::State::lists') ?? OWN_LISTS);
  const kept = options.get('APT::Get::List-Cleanup') === '0' ? machine.lists.get(key) ?? [] : [];
  machine.lists.set(key, [...new Set([...kept, ...minorsOf(machine, sources)])]);
  const absent = unknownUrls(machine, sources);
  if (absent.length === 0) call.out(`Get:1 ${originOf()} [2752 B]`);
  for (const url of absent) call.out(`Err:1 ${url}  Packages\n  404  Not Found [IP: 192.0.2.1 443]`);
  call.out('Reading package lists...');
  for (const url of absent) call.err(`E: Failed to fetch ${url}/Packages  404  Not Found [IP: 192.0.2.1 443]`);
  if (absent.length === 0) return 0;
  call.err('E: Some index files failed to download. They have been ignored, or old ones used instead.');
  return 100;
}

function unknown(call: Call, command: string | undefined): number {
  call.err(`E: the twin's apt does not know: ${command ?? ''} ${call.args.join(' ')}`);
  return 100;
}
