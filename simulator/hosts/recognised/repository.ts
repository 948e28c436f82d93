import { basename } from 'node:path';
import { ownSources } from '../repository.ts';
import type { PackageArguments } from './packages.ts';
import type { Script } from './script.ts';

/** Where a minor has its own repository: what lib-repository does with the host's source files. */
function requireFiles({ machine, fail }: Script, { template }: PackageArguments): readonly string[] {
  const pattern = patternOf(template);
  const files = ownSources(machine).filter((file) => (machine.files.read(file) ?? '').replaceAll(/^\s*#.*$/gm, '').search(pattern) >= 0);
  if (files.length > 0) return files;
  const place = machine.world.description.packageManager === 'apt' ? '/etc/apt/sources.list.d' : '/etc/yum.repos.d';
  return fail(`no source of packages on this host matches spec.packages.repository ${template}`, `Add the repository of the present minor under ${place}, or correct the template; with null the host's sources are taken as they are.`);
}

/** Sources of the new minor in the folder `parts`. */
export function renderSources(script: Script, args: PackageArguments): void {
  const { files } = script.machine;
  const found = requireFiles(script, args);
  for (const file of found) files.write(`${args.staged}/parts/${basename(file)}`, withMinor(files.read(file) ?? '', args));
}

export function switchRepository(script: Script, args: PackageArguments): void {
  if (args.template === '') return;
  const { files } = script.machine;
  for (const file of requireFiles(script, args)) {
    const text = files.read(file) ?? '';
    const changed = withMinor(text, args);
    if (changed === text) continue;
    const copy = `${args.record}/repository${file}`;
    if (!files.exists(copy)) files.write(copy, text);
    files.write(file, changed);
    script.say(`repository: ${file} now names ${urlOf(args)}; the former file is ${copy}`);
  }
}

export function matchingFiles(script: Script, args: PackageArguments): readonly string[] {
  return args.template === '' ? [] : requireFiles(script, args);
}

function withMinor(text: string, args: PackageArguments): string {
  return text.split('\n').map((line) => (/^\s*#/.test(line) ? line : line.replaceAll(patternOf(args.template), urlOf(args)))).join('\n');
}

function urlOf({ template, minor }: PackageArguments): string {
  return template.replace(/\/$/, '').replaceAll('{minor}', minor);
}

function patternOf(template: string): RegExp {
  return new RegExp(template.replace(/\/$/, '').replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('{minor}', '\\d+\\.\\d+'), 'g');
}
