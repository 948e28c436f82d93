import { compareNumbered, versionOfPackage } from '../machine.ts';
import { ScriptEnd } from './script.ts';
import type { Script } from './script.ts';
import { aptFamily } from './apt-family.ts';
import { dnfFamily } from './dnf-family.ts';
import { switchRepository } from './repository.ts';

/** `--version`, `--minor`, … as lib-package-arguments reads them. */
export interface PackageArguments {
  readonly version: string;
  readonly minor: string;
  readonly template: string;
  record: string;
  staged: string;
  readonly imageRepository: string;
  readonly images: string;
  readonly restore: string;
  /** Lists are read into a folder of ours: nothing of the host changes. */
  apart: boolean;
  readonly role: string;
}

/** What differs between apt and dnf. Candidates are empty where there is none. */
export interface Family {
  readonly name: 'apt' | 'dnf';
  readonly separator: string;
  candidates(name: string, staged: boolean): Promise<readonly string[]>;
  stagedUpdate(): Promise<void>;
  /** `print` takes what it says, in the place of the script's own output. */
  update(print?: (text: string) => void): Promise<void>;
  fetch(specs: readonly string[]): Promise<void>;
  /** `install NAME` or `remove NAME`; `command` is dnf's, `install` by default. */
  simulate(specs: readonly string[], command?: readonly string[]): Promise<readonly string[]>;
  install(specs: readonly string[]): Promise<number>;
  keepFormer(name: string, version: string): Promise<boolean>;
  hold(names: readonly string[], held: boolean): Promise<number>;
  mend(): Promise<void>;
  /** Path of the unpacked program. */
  unpackKubeadm(folder: string): Promise<string>;
}

export interface Packages {
  readonly script: Script;
  readonly args: PackageArguments;
  readonly family: Family;
  changed: boolean;
}

export const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'] as const;

export function readArguments({ args, fail }: Script): PackageArguments {
  const known: Readonly<Record<string, string>> = { '--version': '', '--minor': '', '--repository': '', '--record': '', '--staged': '', '--image-repository': '', '--images': 'all', '--restore': '', '--role': '' };
  const values = new Map(Object.entries(known));
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at] ?? '';
    if (!values.has(name)) fail(`unknown argument ${name}`);
    values.set(name, args[at + 1] ?? '');
  }
  const value = (name: string): string => values.get(name) ?? '';
  return { version: value('--version'), minor: value('--minor'), template: value('--repository'), record: value('--record'), staged: value('--staged'), imageRepository: value('--image-repository'), images: value('--images'), restore: value('--restore'), role: value('--role'), apart: false };
}

export function openPackages(script: Script): Packages {
  const args = readArguments(script);
  const manager = script.machine.world.description.packageManager;
  if (!script.machine.packages.has('kubeadm')) script.fail('neither dpkg nor rpm knows a package kubeadm on this host', 'Install kubeadm, kubelet and kubectl as packages: files that no package owns are not upgraded.');
  return { script, args, family: manager === 'apt' ? aptFamily(script, args) : dnfFamily(script, args), changed: false };
}

export function installedVersion({ machine }: Script, name: string): string {
  const known = machine.packages.get(name);
  return known === undefined || (known.half && machine.world.description.packageManager === 'apt') ? '' : known.version;
}

export function isAtTarget({ script, args }: Packages, name: string): boolean {
  return versionOfPackage(installedVersion(script, name)) === args.version;
}

/** As is_newer of lib-packages: a pre-release is older than its release. */
function isNewer(version: string, wanted: string): boolean {
  const core = (text: string): string => /^[\d.]*/.exec(text.replace(/^v|^\d+:/, ''))?.[0] ?? '';
  const order = compareNumbered(core(version), core(wanted));
  return order > 0 || (order === 0 && wanted.includes('-') && !version.includes('~') && version !== '');
}

export function refuseNewer({ script, args }: Packages, names: readonly string[]): void {
  for (const name of names) {
    const present = installedVersion(script, name);
    if (!isNewer(present, args.version)) continue;
    script.fail(`the package ${name} is at ${present}, newer than ${args.version}: it would be taken back, and nothing was changed`, 'Somebody has upgraded this host since the plan was made: look at it, then make a new plan.');
  }
}

/** The newest revision of the wanted version; empty where there is none. */
export async function candidate({ family, args }: Packages, name: string, staged: boolean): Promise<string> {
  const all = await family.candidates(name, staged);
  return all.filter((version) => versionOfPackage(version) === args.version).toSorted(compareNumbered).at(-1) ?? '';
}

export function makeFolders({ script: { machine }, args }: Packages): void {
  for (const folder of [args.record, args.staged]) machine.files.makeFolder(folder);
}

export async function keepFormer({ script, args, family }: Packages): Promise<void> {
  const { machine: { files }, say } = script;
  for (const name of PACKAGES) {
    const present = installedVersion(script, name);
    const recorded = `${args.record}/versions/${name}`;
    if (!files.exists(recorded)) files.write(recorded, `${present}\n`);
    const former = (files.read(recorded) ?? '').trim();
    if (former === '' || files.exists(`${args.record}/packages/.${name}`) || present !== former) continue;
    if (await family.keepFormer(name, former)) files.write(`${args.record}/packages/.${name}`, '');
    else say(`note: the file of the former package ${name} ${former} cannot be had any more: only its version is recorded`);
  }
}

/** Installs exact versions of these packages and of nothing else. */
export async function installExactly(packages: Packages, wanted: readonly string[]): Promise<void> {
  const { script, args, family } = packages;
  const { files } = script.machine;
  refuseNewer(packages, wanted);
  const missing = wanted.filter((name) => !isAtTarget(packages, name));
  if (missing.length === 0) {
    script.say(`${wanted.join(' ')}: at ${args.version} already`);
    return;
  }
  await family.mend();
  const specs: string[] = [];
  for (const name of missing) {
    let found = await candidate(packages, name, false);
    if (found === '') {
      await family.update();
      found = await candidate(packages, name, false);
    }
    if (found === '') script.fail(`no package ${name} ${args.version} is in the sources of this host`, `See \`apt-cache madison ${name}\` or \`dnf list --showduplicates ${name}\`; spec.packages.repository names the repository of a minor.`);
    specs.push(`${name}${family.separator}${found}`);
  }
  await releaseHolds(packages, missing);
  await refuseOthers(packages, [...wanted, 'cri-tools', 'kubernetes-cni'], specs);
  files.write(`${args.record}/changing`, '');
  const exitCode = await family.install(specs);
  if (exitCode !== 0) throw new ScriptEnd(exitCode);
  files.remove(`${args.record}/changing`);
  for (const name of wanted) {
    if (!isAtTarget(packages, name)) script.fail(`the package ${name} is at ${installedVersion(script, name)} after the installation of ${args.version}`, 'Look at what the package manager said above.');
  }
  packages.changed = true;
}

export async function refuseOthers({ script, family }: Packages, allowed: readonly string[], specs: readonly string[], command?: readonly string[]): Promise<void> {
  const others = (await family.simulate(specs, command)).filter((action) => !allowed.some((name) => action === `install ${name}`));
  if (others.length === 0) return;
  script.fail(`installing ${specs.join(' ')} would change other packages too: ${others.join('; ')}; nothing was installed`, 'Bring those packages up to date in a maintenance of your own, then retry.');
}

export async function releaseHolds({ script: { machine }, args, family }: Packages, names: readonly string[]): Promise<void> {
  const isHeld = (name: string): boolean => machine.packages.get(name)?.held === true;
  for (const name of names) {
    const recorded = `${args.record}/held/${name}`;
    if (!machine.files.exists(recorded)) machine.files.write(recorded, isHeld(name) ? 'yes\n' : 'no\n');
  }
  const held = names.filter(isHeld);
  if (held.length > 0) await family.hold(held, false);
}

/** What the trap of a script does in its end, whatever happened. */
export async function restoreHolds({ script: { machine, say }, args, family }: Packages, names: readonly string[]): Promise<void> {
  const missing = names.filter((name) => {
    const recorded = machine.files.read(`${args.record}/held/${name}`);
    return recorded !== null && recorded.trim() !== 'no' && machine.packages.get(name)?.held !== true;
  });
  if (missing.length === 0 || await family.hold(missing, true) === 0) return;
  for (const name of missing) if (await family.hold([name], true) !== 0) say(`note: ${name} could not be held again`);
}

export function switchSources({ script, args }: Packages): void {
  switchRepository(script, args);
}
