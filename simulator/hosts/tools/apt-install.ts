import { basename } from 'node:path';
import { compareNumbered, hostPath, setPackage } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { knownMinors, offered, originOf } from '../repository.ts';
import { waitForLock } from './apt-lock.ts';
import { archiveName, splitSpec } from './apt-words.ts';
import type { Wanted, Words } from './apt-words.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';

const DISK_NEEDED_KIB = 200 * 1024;
const PACKAGE_MB = 22;

/** `apt-get install`, of packages of the repository or of files, with `-s` and `--download-only`. Failures: OperationFailed, Gone. */
export async function install(call: Call, parsed: Words, specs: readonly string[]): Promise<number> {
  const { machine } = call;
  const { options, flags } = parsed;
  const unsupported = specs.find((spec) => isFile(spec) && archiveOf(machine, spec) === null);
  if (unsupported !== undefined) {
    call.out('Reading package lists...');
    call.err(`E: Unsupported file ${unsupported} given on commandline`);
    return 100;
  }
  const local = specs.flatMap((spec) => (isFile(spec) ? archiveOf(machine, spec) ?? [] : []));
  const wanted = [...local, ...specs.filter((spec) => !isFile(spec)).map(splitSpec)];
  for (const line of ['Reading package lists...', 'Building dependency tree...', 'Reading state information...']) call.out(line);
  const minors = knownMinors(machine, options.get('Dir::State::lists'));
  for (const { name, version } of wanted.slice(local.length)) {
    if (offered(machine, name, minors).includes(version)) continue;
    call.err(`E: Version '${version}' for '${name}' was not found`);
    return 100;
  }
  const changed = wanted.filter(({ name, version }) => machine.packages.get(name)?.version !== version || machine.packages.get(name)?.half === true);
  sayPlan(call, changed, flags);
  const refusal = refuse(machine, changed, flags);
  if (refusal !== null) {
    call.err(refusal);
    return 100;
  }
  if (flags.has('-s')) return simulate(call, changed, local);
  await waitForLock(call, options);
  const archives = options.get('Dir::Cache::archives') ?? `${machine.root}/var/cache/apt/archives`;
  const absent = changed.filter((each) => !local.includes(each) && !machine.files.exists(`${archives}/${archiveName(each.name, each.version)}`));
  if (changed.length > 0) {
    call.out(`Need to get ${absent.length === changed.length ? '' : `${sizeOf(absent)}/`}${sizeOf(changed)} of archives.`);
    call.out('After this operation, 0 B of additional disk space will be used.');
  }
  if (absent.length > 0) await fetch(call, archives, absent);
  if (flags.has('--download-only')) call.out('Download complete and in download only mode');
  else if (changed.length > 0) await unpack(call, changed);
  return 0;
}

/** `apt-get download` puts the files of packages that are offered into the folder it is called in. */
export function download(call: Call, specs: readonly string[]): number {
  const { machine, folder } = call;
  const wanted = specs.map(splitSpec);
  const unknown = wanted.find(({ name, version }) => !offered(machine, name, knownMinors(machine)).includes(version));
  if (unknown !== undefined) {
    call.err(`E: Version '${unknown.version}' for '${unknown.name}' was not found`);
    return 100;
  }
  for (const { name, version } of wanted) machine.files.write(`${folder}/${archiveName(name, version)}`, `${name}=${version}\n`);
  return 0;
}

/** Name and version of an archive that a tool of the twin wrote; null where it is none. */
export function archiveOf({ files }: Machine, path: string): Wanted | null {
  const text = files.read(path);
  return text === null || !basename(path).endsWith('.deb') ? null : splitSpec(text.trim());
}

function sayPlan(call: Call, changed: readonly Wanted[], flags: ReadonlySet<string>): void {
  const inOrder = (packages: readonly Wanted[]): readonly string[] => packages.map(({ name }) => name).toSorted((left, right) => (left < right ? -1 : 1));
  const downgraded = inOrder(changed.filter((each) => isOlder(call.machine, each)));
  const names = inOrder(changed.filter((each) => !isOlder(call.machine, each)));
  const held = inOrder(changed).filter((name) => call.machine.packages.get(name)?.held === true);
  if (held.length > 0 && flags.has('--allow-change-held-packages')) call.out(`The following held packages will be changed:\n  ${held.join(' ')}`);
  if (names.length > 0) call.out(`The following packages will be upgraded:\n  ${names.join(' ')}`);
  if (downgraded.length > 0) call.out(`The following packages will be DOWNGRADED:\n  ${downgraded.join(' ')}`);
  call.out(`${String(names.length)} upgraded, 0 newly installed, ${downgraded.length > 0 ? `${String(downgraded.length)} downgraded, ` : ''}0 to remove and 0 not upgraded.`);
}

/** A file on the command line, where a package would be a name. */
function isFile(spec: string): boolean {
  return spec.includes('/');
}

function isOlder({ packages }: Machine, { name, version }: Wanted): boolean {
  return compareNumbered(version, packages.get(name)?.version ?? '') < 0;
}

/** What stands in the way of a transaction; null where nothing does. */
function refuse(machine: Machine, changed: readonly Wanted[], flags: ReadonlySet<string>): string | null {
  if (flags.has('-s')) return null;
  if ([...machine.packages.values()].some((each) => each.half)) return `E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. `;
  if (changed.some((each) => isOlder(machine, each)) && !flags.has('--allow-downgrades')) return 'E: Packages were downgraded and -y was used without --allow-downgrades.';
  const held = changed.some(({ name }) => machine.packages.get(name)?.held === true);
  return held && !flags.has('--allow-change-held-packages') ? 'E: Held packages were changed and -y was used without --allow-change-held-packages.' : null;
}

function simulate({ machine, out }: Call, changed: readonly Wanted[], local: readonly Wanted[]): number {
  const originFor = (each: Wanted): string => (local.includes(each) ? 'local-deb' : originOf().split(' ')[0] ?? '');
  for (const each of changed) out(`Inst ${each.name} [${machine.packages.get(each.name)?.version ?? ''}] (${each.version} ${originFor(each)} [amd64])`);
  for (const each of changed) out(`Conf ${each.name} (${each.version} ${originFor(each)} [amd64])`);
  return 0;
}

async function fetch(call: Call, archives: string, absent: readonly Wanted[]): Promise<void> {
  const { machine } = call;
  if (machine.disk.freeKib < DISK_NEEDED_KIB) {
    call.err(`E: You don't have enough free space in ${hostPath(machine, archives)}/.`);
    throw new OperationFailed(100);
  }
  const tookMs = await spend(call, 'fetch packages', machine.world.description.timings.fetchPackages);
  absent.forEach(({ name, version }, index) => {
    machine.files.write(`${archives}/${archiveName(name, version)}`, `${name}=${version}\n`);
    call.out(`Get:${String(index + 1)} ${originOf().replace('Packages', name)} ${version} [${String(PACKAGE_MB)}.0 MB]`);
  });
  call.out(`Fetched ${sizeOf(absent)} in ${String(Math.round(tookMs / 1000))}s (${String(PACKAGE_MB)}.0 MB/s)`);
  machine.record('packages fetched', absent.map(({ name, version }) => `${name} ${version}`).join(', '), tookMs);
}

/** Killed in its middle, dpkg leaves the first package half installed. */
async function unpack(call: Call, changed: readonly Wanted[]): Promise<void> {
  const { machine } = call;
  const cutOff = (): void => {
    const [first] = changed;
    if (first === undefined) return;
    setPackage(machine, first.name, { version: first.version, half: true });
    machine.record(`package ${first.name} half installed`, first.version);
  };
  const tookMs = await spend(call, 'install packages', machine.world.description.timings.installPackages, cutOff);
  call.out('(Reading database ... 9215 files and directories currently installed.)');
  for (const { name, version } of changed) {
    const former = machine.packages.get(name)?.version ?? '';
    if (isOlder(machine, { name, version })) call.err(`dpkg: warning: downgrading ${name} from ${former} to ${version}`);
    call.out(`Preparing to unpack .../${archiveName(name, version)} ...\nUnpacking ${name} (${version}) over (${former}) ...`);
    setPackage(machine, name, { version, half: false });
    machine.record(`package ${name}`, `${former} → ${version}`, tookMs / changed.length);
  }
  for (const { name, version } of changed) call.out(`Setting up ${name} (${version}) ...`);
}

function sizeOf(packages: readonly Wanted[]): string {
  return packages.length === 0 ? '0 B' : `${String(packages.length * PACKAGE_MB)}.0 MB`;
}
