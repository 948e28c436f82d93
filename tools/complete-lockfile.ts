/**
 * Adds to package-lock.json the packages for other platforms that npm left out because its registry does not serve them:
 * `npm ci` refuses a lockfile without them, also where they are not wanted. Run after `npm install` of a new package.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const entrySchema = z.looseObject({ optionalDependencies: z.record(z.string(), z.string()).optional(), dev: z.boolean().optional(), license: z.unknown().optional() });
const lockSchema = z.looseObject({ packages: z.record(z.string(), entrySchema) });

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const added: string[] = [];
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const words = name.split(/[-/]/);
    const os = words.filter((word) => SYSTEMS.includes(word));
    const cpu = words.filter((word) => PROCESSORS.includes(word));
    if (Object.hasOwn(lock.packages, key) || os.length === 0 || cpu.length === 0) continue;
    lock.packages[key] = {
      version, cpu, ...(entry.dev === true ? { dev: true } : {}), ...libcOf(words), ...(entry.license === undefined ? {} : { license: entry.license }), optional: true, os,
    };
    added.push(name);
  }
}

const packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
process.stdout.write(`${added.length} packages for other platforms added to package-lock.json\n`);

function libcOf(words: readonly string[]): { readonly libc?: readonly string[] } {
  if (words.some((word) => word.startsWith('musl'))) return { libc: ['musl'] };
  return words.some((word) => word.startsWith('gnu')) ? { libc: ['glibc'] } : {};
}
