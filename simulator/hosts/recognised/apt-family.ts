import { matchingFiles, renderSources } from './repository.ts';
import type { Family, PackageArguments } from './packages.ts';
import { linesOf, must } from './script.ts';
import type { Script } from './script.ts';

const LOCK = ['-o', 'DPkg::Lock::Timeout=600'];
const AS_ROOT = ['-o', 'APT::Sandbox::User=root'];

/** The functions of lib-apt. */
export function aptFamily(script: Script, args: PackageArguments): Family {
  const { machine: { files } } = script;
  const staged = (): readonly string[] => [
    ...AS_ROOT, ...LOCK,
    ...(args.template === '' ? [] : ['-o', 'Dir::Etc::sourcelist=/dev/null', '-o', `Dir::Etc::sourceparts=${args.staged}/parts`]),
    ...(args.template === '' && !(args.apart && files.exists(`${args.staged}/lists`)) ? [] : ['-o', `Dir::State::lists=${args.staged}/lists`, '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache=']),
  ];

  async function madison(name: string, options: readonly string[]): Promise<readonly string[]> {
    const { out } = await script.capture('apt-cache', [...options, 'madison', name]);
    return linesOf(out).map((line) => (line.split('|')[1] ?? '').replaceAll(' ', ''));
  }

  const isTarget = (version: string): boolean => version.startsWith(`${args.version.slice(1).replace('-', '~')}-`);

  async function candidates(name: string, inStaged: boolean): Promise<readonly string[]> {
    const own = inStaged && args.template !== '' ? [] : await madison(name, []);
    return !inStaged || own.some(isTarget) ? own : madison(name, staged());
  }

  async function stagedUpdate(): Promise<void> {
    if (args.template !== '') {
      renderSources(script, args);
      await must(script.pass('apt-get', [...staged(), 'update', '-q', '-o', 'APT::Get::List-Cleanup=0']));
      return;
    }
    const known = await candidates('kubeadm', false);
    if (known.some(isTarget)) return;
    if (args.apart) files.makeFolder(`${args.staged}/lists/partial`);
    if (await script.pass('apt-get', [...staged(), 'update', '-q']) !== 0) script.complain('note: apt-get could not read all sources');
  }

  async function update(print?: (text: string) => void): Promise<void> {
    const outputs = print === undefined ? undefined : { out: print, err: print };
    if (args.template === '') {
      if (await script.pass('apt-get', ['update', '-q', ...LOCK], outputs) !== 0) (print ?? script.say)('note: apt-get could not read all sources');
      return;
    }
    for (const file of matchingFiles(script, args)) {
      await must(script.pass('apt-get', ['update', '-q', '-o', `Dir::Etc::sourcelist=${file}`, '-o', 'Dir::Etc::sourceparts=-', '-o', 'APT::Get::List-Cleanup=0', ...LOCK], outputs));
    }
  }

  return {
    name: 'apt', separator: '=', candidates, stagedUpdate, update,
    fetch: async (specs) => {
      files.makeFolder(`${args.staged}/archives/partial`);
      await must(script.pass('apt-get', [...staged(), 'install', '-y', '-q', '--download-only', '--no-install-recommends', '--allow-change-held-packages', '-o', `Dir::Cache::archives=${args.staged}/archives`, ...specs]));
    },
    simulate: async (specs) => {
      const { exitCode, out, err } = await script.capture('apt-get', ['install', '-s', '-q', '--no-install-recommends', ...specs]);
      if (exitCode !== 0) {
        // Standard error of the simulation goes to the script's own; what it printed is shown after it.
        if (err !== '') script.complain(err);
        if (out !== '') script.complain(out);
        script.fail(`apt-get cannot install ${specs.join(' ')}`, 'See what stands in its way above; correct it on the host.');
      }
      return linesOf(out).flatMap((line) => {
        const action = /^(Inst|Remv) (\S+)/.exec(line);
        return action === null ? [] : [`${action[1] === 'Inst' ? 'install' : 'remove'} ${(action[2] ?? '').replace(/:.*/, '')}`];
      });
    },
    install: (specs) => {
      files.makeFolder(`${args.staged}/archives/partial`);
      return script.pass('apt-get', ['install', '-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...LOCK, ...AS_ROOT, '-o', `Dir::Cache::archives=${args.staged}/archives`, '-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold', ...specs]);
    },
    keepFormer: async (name, version) => (await script.capture('apt-get', ['download', '-q', ...AS_ROOT, `${name}=${version}`], `${args.record}/packages`)).exitCode === 0,
    hold: (names, held) => script.pass('apt-mark', [held ? 'hold' : 'unhold', ...names]),
    mend: async () => {
      if (!files.exists(`${args.record}/changing`)) return;
      script.say('an earlier run was cut off while it installed: dpkg finishes what it began');
      if (await script.pass('dpkg', ['--configure', '-a', '--force-confdef', '--force-confold']) !== 0) script.say('note: dpkg could not finish all of it; the installation goes on and says what it needs');
    },
    unpackKubeadm: async (folder) => {
      const file = files.list(`${args.staged}/archives`).find((name) => name.startsWith(`kubeadm_${args.version.slice(1).replace('-', '~')}-`));
      if (file === undefined) script.fail(`no package kubeadm ${args.version} is in ${args.staged}/archives`, 'Look at what apt-get said above.');
      await must(script.pass('dpkg-deb', ['-x', `${args.staged}/archives/${file}`, folder]));
      return `${folder}/usr/bin/kubeadm`;
    },
  };
}
