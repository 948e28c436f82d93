/**
 * Adds to package-lock.json the packages for other platforms that npm left out because its registry does not serve them:
 * `npm ci` refuses a lockfile without them, also where they are not wanted. Each gets the hash that the registry tells of it, so
 * that other platforms verify what they install as this one does. Run after `npm install` of a new package.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const entrySchema = z.looseObject({ version: z.string().optional(), integrity: z.string().optional(), link: z.boolean().optional(), optionalDependencies: z.record(z.string(), z.string()).optional(), dev: z.boolean().optional(), license: z.unknown().optional() });
// Records keep the order of the keys, so that only what is added changes the file.
const recordSchema = z.record(z.string(), z.unknown());

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const entries = z.record(z.string(), recordSchema).parse(lock['packages']);
const added: string[] = [];
for (const entry of Object.values(entries).map((value) => entrySchema.parse(value))) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const words = name.split(/[-/]/);
    const os = words.filter((word) => SYSTEMS.includes(word));
    const cpu = words.filter((word) => PROCESSORS.includes(word));
    if (Object.hasOwn(entries, key) || os.length === 0 || cpu.length === 0) continue;
    entries[key] = {
      version, cpu, ...(entry.dev === true ? { dev: true } : {}), ...libcOf(words), ...(entry.license === undefined ? {} : { license: entry.license }), optional: true, os,
    };
    added.push(name);
  }
}

let hashes = 0;
for (const [key, entry] of Object.entries(entries)) {
  const { version, integrity, link } = entrySchema.parse(entry);
  if (key === '' || link === true || integrity !== undefined || version === undefined) continue;
  const { version: _version, ...rest } = entry;
  entries[key] = { version, integrity: integrityOf(key.split('node_modules/').at(-1) ?? key, version), ...rest };
  hashes += 1;
}

const packages = Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
process.stdout.write(`${added.length} packages for other platforms and ${hashes} hashes added to package-lock.json\n`);

/** @throws Error where the registry does not have the package: a lockfile without its hash would verify nothing. */
function integrityOf(name: string, version: string): string {
  const said = execFileSync('npm', ['view', `${name}@${version}`, 'dist.integrity'], { encoding: 'utf8' }).trim();
  if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(said)) throw new Error(`the registry tells no SHA-512 of ${name}@${version}`);
  return said;
}

function libcOf(words: readonly string[]): { readonly libc?: readonly string[] } {
  if (words.some((word) => word.startsWith('musl'))) return { libc: ['musl'] };
  return words.some((word) => word.startsWith('gnu')) ? { libc: ['glibc'] } : {};
}
