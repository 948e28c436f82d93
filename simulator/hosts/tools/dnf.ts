import { setPackage } from '../machine.ts';
import { filesIn, minorsOf, offered, ownSources } from '../repository.ts';
import type { Machine, Package } from '../machine.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';
import { unpackProgram } from './dpkg.ts';

/** Words of a dnf command: `--name=value`, flags, and the rest. */
interface Words {
  readonly settings: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly words: readonly string[];
}

interface Wanted {
  readonly name: string;
  readonly version: string;
}

const SHORT = { meanMs: 400, variation: 0.3 };

export async function dnf(call: Call): Promise<number> {
  const parsed = parse(call.args);
  const [command, ...rest] = parsed.words;
  if (parsed.flags.has('--version')) {
    call.out('4.14.0');
    return 0;
  }
  try {
    switch (command) {
      case 'makecache':
        await spend(call, 'read package lists', SHORT);
        return 0;
      case 'list': return list(call, parsed, rest);
      case 'install': return await install(call, parsed, rest.map(split));
      case 'downgrade': return await downgrade(call, parsed, rest);
      case 'reinstall': return reinstall(call, parsed, rest.map(split));
      case 'versionlock': return versionlock(call, rest[0] ?? '', rest.slice(1));
      default:
        call.err(`No such command: ${command ?? ''}. The twin's dnf does not know it.`);
        return 1;
    }
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
}

/** `rpm -q [--qf '%{NAME} installed - %{VERSION}-%{RELEASE}\n'] NAME…`. */
export function rpm(call: Call): number {
  const { machine, args } = call;
  const hasFormat = args[1] === '--qf';
  const names = args.slice(hasFormat ? 3 : 1);
  const all = machine.world.description.packageManager === 'dnf' ? machine.packages : new Map<string, Package>();
  for (const name of names) {
    const version = all.get(name)?.version;
    if (version === undefined) call.out(`package ${name} is not installed`);
    else call.out(hasFormat ? `${name} installed - ${version}` : `${name}-${version}.x86_64`);
  }
  return names.every((name) => all.has(name)) ? 0 : 1;
}

/** `rpmkeys [--nosignature] --checksig FILE`: every package of the twin's repository is what its key signed. */
export function rpmkeys(call: Call): number {
  call.out(`${call.args.at(-1) ?? ''}: ${call.args.includes('--nosignature') ? 'digests' : 'digests signatures'} OK`);
  return 0;
}

/** `rpm2cpio FILE`: the twin's cpio takes the path of the package for its content. */
export function rpm2cpio(call: Call): number {
  call.out(call.args[0] ?? '');
  return 0;
}

/** Unpacks kubeadm of the package whose path comes on standard input, as `rpm2cpio` of the twin writes it. */
export function cpio(call: Call): number {
  const name = /kubeadm-(.*)\.x86_64\.rpm$/.exec(call.args.at(-1) ?? '')?.[1] ?? '';
  unpackProgram(call, call.folder, name);
  return 0;
}

function list(call: Call, parsed: Words, names: readonly string[]): number {
  const minors = knownMinors(call.machine, parsed);
  const rows = names.flatMap((name) => offered(call.machine, name, minors).toReversed().map((version) => `${`${name}.x86_64`.padEnd(24)} ${version.padEnd(24)} kubernetes`));
  if (rows.length === 0) {
    call.err('Error: No matching Packages to list');
    return 1;
  }
  call.out('Available Packages');
  for (const row of rows) call.out(row);
  return 0;
}

async function install(call: Call, parsed: Words, wanted: readonly Wanted[]): Promise<number> {
  const { machine } = call;
  const absent = wanted.find(({ name, version }) => !offered(machine, name, knownMinors(machine, parsed)).includes(version));
  if (absent !== undefined) {
    call.err(`Error: Unable to find a match: ${absent.name}-${absent.version}`);
    return 1;
  }
  const changed = wanted.filter(({ name, version }) => machine.packages.get(name)?.version !== version);
  if (parsed.flags.has('--assumeno')) return simulate(call, changed, 'Upgrading');
  const folder = `${parsed.settings.get('cachedir') ?? `${machine.root}/var/cache/dnf`}/kubernetes-twin/packages`;
  const missing = changed.filter(({ name, version }) => !machine.files.exists(`${folder}/${fileOf(name, version)}`));
  if (missing.length > 0) await fetch(call, folder, missing);
  if (parsed.flags.has('--downloadonly') || changed.length === 0) return 0;
  return transact(call, changed);
}

/** `dnf downgrade` of files, or of packages that a repository offers. */
async function downgrade(call: Call, parsed: Words, specs: readonly string[]): Promise<number> {
  const { machine } = call;
  const unreadable = specs.find((spec) => spec.endsWith('.rpm') && !machine.files.isFile(spec));
  if (unreadable !== undefined) {
    call.err(`Can not load RPM file: ${unreadable}.\nCould not open: ${unreadable}`);
    return 1;
  }
  const minors = parsed.settings.get('disablerepo') === '*' ? [] : knownMinors(machine, parsed);
  const wanted = specs.map((spec) => split(spec.endsWith('.rpm') ? (machine.files.read(spec) ?? '').trim() : spec));
  const absent = wanted.find(({ name, version }, place) => specs[place]?.endsWith('.rpm') !== true && !offered(machine, name, minors).includes(version));
  if (absent !== undefined) {
    call.err(`No match for argument: ${absent.name}-${absent.version}`);
    return 1;
  }
  const changed = wanted.filter(({ name, version }) => machine.packages.get(name)?.version !== version);
  if (parsed.flags.has('--assumeno')) return simulate(call, changed, 'Downgrading');
  return changed.length === 0 ? 0 : transact(call, changed);
}

async function transact(call: Call, changed: readonly Wanted[]): Promise<number> {
  const { machine } = call;
  const tookMs = await spend(call, 'install packages', machine.world.description.timings.installPackages);
  for (const { name, version } of changed) {
    const former = machine.packages.get(name)?.version ?? '';
    setPackage(machine, name, { version });
    machine.record(`package ${name}`, `${former} → ${version}`, tookMs / changed.length);
  }
  return 0;
}

async function fetch(call: Call, folder: string, missing: readonly Wanted[]): Promise<void> {
  const { machine } = call;
  const tookMs = await spend(call, 'fetch packages', machine.world.description.timings.fetchPackages);
  for (const { name, version } of missing) machine.files.write(`${folder}/${fileOf(name, version)}`, `${name}-${version}\n`);
  machine.record('packages fetched', missing.map(({ name, version }) => `${name} ${version}`).join(', '), tookMs);
}

/** `--assumeno` prints the transaction and ends with 1. */
function simulate(call: Call, changed: readonly Wanted[], action: 'Upgrading' | 'Downgrading'): number {
  if (changed.length === 0) {
    call.out('Nothing to do.');
    return 0;
  }
  call.out('Dependencies resolved.');
  call.out(' Package   Architecture   Version   Repository   Size');
  call.out(`${action}:`);
  for (const { name, version } of changed) call.out(` ${name} x86_64 ${version} kubernetes 20 M`);
  call.out('');
  call.out('Transaction Summary');
  call.out(`${action === 'Upgrading' ? 'Upgrade' : 'Downgrade'}  ${String(changed.length)} Packages`);
  call.err('Operation aborted.');
  return 1;
}

function reinstall({ machine }: Call, { settings }: Words, wanted: readonly Wanted[]): number {
  for (const { name, version } of wanted) machine.files.write(`${settings.get('downloaddir') ?? ''}/${fileOf(name, version)}`, `${name}-${version}\n`);
  return 0;
}

function versionlock(call: Call, action: string, names: readonly string[]): number {
  const { machine } = call;
  if (action === 'list') {
    for (const [locked, each] of machine.packages) if (each.held) call.out(`${locked}-0:${each.version}.*`);
    return 0;
  }
  if (names.some((name) => !machine.packages.has(name))) return 1;
  for (const name of names) {
    const { held } = setPackage(machine, name, { held: action === 'add' });
    machine.record(held ? `hold ${name}` : `unhold ${name}`);
  }
  return 0;
}

function knownMinors(machine: Machine, { settings }: Words): readonly string[] {
  const folder = settings.get('reposdir');
  return minorsOf(machine, folder === undefined ? ownSources(machine) : filesIn(machine, folder));
}

function split(spec: string): Wanted {
  const at = /-\d/.exec(spec)?.index ?? spec.length;
  return { name: spec.slice(0, at), version: spec.slice(at + 1) };
}

function fileOf(name: string, version: string): string {
  return `${name}-${version}.x86_64.rpm`;
}

function parse(args: readonly string[]): Words {
  const settings = new Map<string, string>();
  const flags = new Set<string>();
  const words: string[] = [];
  for (const word of args) {
    const setting = /^--(?:setopt=)?([\w-]+)=(.*)$/.exec(word);
    if (setting !== null) settings.set(setting[1] ?? '', setting[2] ?? '');
    else if (word.startsWith('-')) flags.add(word);
    else words.push(word);
  }
  return { settings, flags, words };
}
