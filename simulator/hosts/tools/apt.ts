import { basename } from 'node:path';
import { hostPath, setPackage } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { filesIn, listsKey, minorsOf, offered, originOf, OWN_LISTS, ownSources } from '../repository.ts';
import { OperationFailed, spend, wait } from './call.ts';
import type { Call } from './call.ts';

/** Words of an apt command: its options `-o NAME=VALUE`, its flags, and the rest. */
interface Words {
  readonly options: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

const DISK_NEEDED_KIB = 200 * 1024;
/** apt looks again this often for a lock that another program holds. */
const LOCK_LOOK_MS = 1_000;

export async function aptGet(call: Call): Promise<number> {
  const parsed = parse(call.args);
  const [command, ...names] = parsed.words;
  try {
    switch (command) {
      case 'update': return await update(call, parsed);
      case 'install': return await install(call, parsed, names);
      case 'download': return await download(call, names);
      default: return unknown(call, command);
    }
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
}

export function aptCache(call: Call): number {
  const parsed = parse(call.args);
  const [command, name = ''] = parsed.words;
  if (command !== 'madison') return unknown(call, command);
  for (const version of offered(call.machine, name, knownMinors(call.machine, parsed))) {
    call.out(`${name.padStart(10)} | ${version} | ${originOf()}`);
  }
  return 0;
}

export function aptMark(call: Call): number {
  const { machine, args: [command, name = ''] } = call;
  if (command === 'showhold') {
    const held = [...machine.packages].flatMap(([each, state]) => (state.held ? [each] : []));
    for (const each of held.toSorted((left, right) => (left < right ? -1 : 1))) call.out(each);
    return 0;
  }
  const present = machine.packages.get(name);
  if (command !== 'hold' && command !== 'unhold') return unknown(call, command);
  if (present === undefined) {
    call.err(`E: Unable to locate package ${name}`);
    return 100;
  }
  const held = command === 'hold';
  if (present.held === held) {
    call.out(held ? `${name} was already set on hold.` : `${name} was already not on hold.`);
    return 0;
  }
  setPackage(machine, name, { held });
  machine.record(held ? `hold ${name}` : `unhold ${name}`);
  call.out(held ? `${name} set on hold.` : `Canceled hold on ${name}.`);
  return 0;
}

async function update(call: Call, { options }: Words): Promise<number> {
  const { machine } = call;
  await waitForLock(call, options);
  await spend(call, 'read package lists', SHORT);
  const parts = options.get('Dir::Etc::sourceparts');
  const list = options.get('Dir::Etc::sourcelist');
  const sources = [
    ...(parts === undefined ? ownSources(machine) : parts === '-' ? [] : filesIn(machine, parts)),
    ...(list === undefined || list === '/dev/null' ? [] : [list]),
  ];
  const key = listsKey(machine, options.get('Dir::State::lists') ?? OWN_LISTS);
  const kept = options.get('APT::Get::List-Cleanup') === '0' ? machine.lists.get(key) ?? [] : [];
  machine.lists.set(key, [...new Set([...kept, ...minorsOf(machine, sources)])]);
  call.out(`Get:1 ${originOf().replace(/ +Packages/, '')}  Packages [2752 B]`);
  call.out('Reading package lists...');
  return 0;
}

async function install(call: Call, parsed: Words, specs: readonly string[]): Promise<number> {
  const { machine } = call;
  const { options, flags } = parsed;
  const wanted = specs.map(split);
  call.out('Reading package lists...');
  call.out('Building dependency tree...');
  call.out('Reading state information...');
  for (const { name, version } of wanted) {
    if (offered(machine, name, knownMinors(machine, parsed)).includes(version)) continue;
    call.err(`E: Version '${version}' for '${name}' was not found`);
    return 100;
  }
  const changed = wanted.filter(({ name, version }) => machine.packages.get(name)?.version !== version || machine.packages.get(name)?.half === true);
  const refusal = refuse(machine, changed, flags);
  if (refusal !== null) {
    call.err(refusal);
    return 100;
  }
  if (flags.has('-s')) {
    for (const { name, version } of changed) call.out(`Inst ${name} [${machine.packages.get(name)?.version ?? ''}] (${version} ${originOf().split(' ')[0] ?? ''} [amd64])`);
    for (const { name, version } of changed) call.out(`Conf ${name} (${version} ${originOf().split(' ')[0] ?? ''} [amd64])`);
    return 0;
  }
  await waitForLock(call, options);
  const archives = options.get('Dir::Cache::archives') ?? `${machine.root}/var/cache/apt/archives`;
  const absent = changed.filter(({ name, version }) => !machine.files.exists(`${archives}/${fileOf(name, version)}`));
  if (absent.length > 0) await fetch(call, archives, absent);
  if (flags.has('--download-only')) {
    call.out('Download complete and in download only mode');
    return 0;
  }
  await unpack(call, changed);
  return 0;
}

/** What stands in the way of a transaction; null where nothing does. */
function refuse(machine: Machine, changed: readonly Wanted[], flags: ReadonlySet<string>): string | null {
  const half = [...machine.packages].find(([, each]) => each.half);
  if (half !== undefined && !flags.has('-s')) return `E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. `;
  const held = changed.find(({ name }) => machine.packages.get(name)?.held === true);
  if (held !== undefined && !flags.has('--allow-change-held-packages') && !flags.has('-s')) return 'E: Held packages were changed and -y was used without --allow-change-held-packages.';
  return null;
}

async function fetch(call: Call, archives: string, absent: readonly Wanted[]): Promise<void> {
  const { machine } = call;
  if (machine.disk.freeKib < DISK_NEEDED_KIB) {
    call.err(`E: You don't have enough free space in ${hostPath(machine, archives)}/.`);
    throw new OperationFailed(100);
  }
  const tookMs = await spend(call, 'fetch packages', machine.world.description.timings.fetchPackages);
  absent.forEach(({ name, version }, index) => {
    machine.files.write(`${archives}/${fileOf(name, version)}`, `${name}=${version}\n`);
    call.out(`Get:${String(index + 1)} ${originOf().replace(/ +Packages/, '')}  ${name} ${version} [20.1 MB]`);
  });
  machine.record('packages fetched', absent.map(({ name, version }) => `${name} ${version}`).join(', '), tookMs);
}

/** Killed in its middle, dpkg leaves the first package half installed. */
async function unpack(call: Call, changed: readonly Wanted[]): Promise<void> {
  const { machine } = call;
  if (changed.length === 0) {
    call.out('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.');
    return;
  }
  const cutOff = (): void => {
    const first = changed[0];
    if (first === undefined) return;
    setPackage(machine, first.name, { version: first.version, half: true });
    machine.record(`package ${first.name} half installed`, first.version);
  };
  const tookMs = await spend(call, 'install packages', machine.world.description.timings.installPackages, cutOff);
  for (const { name, version } of changed) {
    const former = machine.packages.get(name)?.version ?? '';
    call.out(`Unpacking ${name} (${version}) over (${former}) ...`);
    setPackage(machine, name, { version, half: false });
    machine.record(`package ${name}`, `${former} → ${version}`, tookMs / changed.length);
  }
  for (const { name, version } of changed) call.out(`Setting up ${name} (${version}) ...`);
}

/** `apt-get download` puts the files of packages that are installed or offered into the folder it is called in. */
async function download(call: Call, specs: readonly string[]): Promise<number> {
  const { machine, folder } = call;
  for (const { name, version } of specs.map(split)) {
    if (!offered(machine, name, knownMinors(machine, NOTHING)).includes(version)) {
      call.err(`E: Version '${version}' for '${name}' was not found`);
      return 100;
    }
    machine.files.write(`${folder}/${fileOf(name, version)}`, `${name}=${version}\n`);
  }
  return 0;
}

async function waitForLock(call: Call, options: ReadonlyMap<string, string>): Promise<void> {
  const { machine } = call;
  const seconds = Number(options.get('DPkg::Lock::Timeout') ?? 0);
  for (let waited = 0; machine.lock !== null; waited += LOCK_LOOK_MS / 1000) {
    const { process, name } = machine.lock;
    const holder = `It is held by process ${String(process)} (${name})`;
    if (waited >= seconds) {
      call.err(`E: Could not get lock /var/lib/dpkg/lock-frontend. ${holder}`);
      call.err('E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?');
      throw new OperationFailed(100);
    }
    if (waited === 0) call.out(`Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. ${holder}...`);
    await wait(call, LOCK_LOOK_MS);
  }
}

/** What the lists know that this command looks into. */
function knownMinors(machine: Machine, { options }: Words): readonly string[] {
  return machine.lists.get(listsKey(machine, options.get('Dir::State::lists') ?? OWN_LISTS)) ?? [];
}

interface Wanted {
  readonly name: string;
  readonly version: string;
}

function split(spec: string): Wanted {
  const at = spec.indexOf('=');
  return at < 0 ? { name: spec, version: '' } : { name: spec.slice(0, at), version: spec.slice(at + 1) };
}

export function fileOf(name: string, version: string): string {
  return `${name}_${version}_amd64.deb`;
}

/** Name and version of an archive that a tool of the twin wrote; null where it is none. */
export function archiveOf({ files }: Machine, path: string): Wanted | null {
  const text = files.read(path);
  return text === null || !basename(path).endsWith('.deb') ? null : split(text.trim());
}

function parse(args: readonly string[]): Words {
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

function unknown(call: Call, command: string | undefined): number {
  call.err(`E: the twin's apt does not know: ${command ?? ''} ${call.args.join(' ')}`);
  return 100;
}

const NOTHING: Words = { options: new Map(), flags: new Set(), words: [] };
const SHORT = { meanMs: 200, variation: 0.3 };
