import { renderSources } from './repository.ts';
import type { Family, PackageArguments } from './packages.ts';
import { linesOf, must } from './script.ts';
import type { Script } from './script.ts';

const LIFTED = '--disableexcludes=kubernetes';

/** The functions of lib-dnf. Those of lib-rpm-signatures always pass here: every package of the twin's repository is signed. */
export function dnfFamily(script: Script, args: PackageArguments): Family {
  const { files } = script.machine;
  const cache = (): string => `--setopt=cachedir=${args.staged}/cache`;
  const run = (command: string, more: readonly string[]): readonly string[] => ['-y', '-q', command, LIFTED, cache(), '--setopt=keepcache=1', ...more];
  const staged = (): readonly string[] => (args.template === '' ? [] : [`--setopt=reposdir=${args.staged}/parts`]);
  return {
    name: 'dnf', separator: '-',
    candidates: async (name, inStaged) => {
      const { out } = await script.capture('dnf', run('list', [...(inStaged ? staged() : []), '--showduplicates', name]));
      return linesOf(out).flatMap((line) => {
        const [full = '', version = ''] = line.split(/\s+/);
        return full.split('.')[0] === name ? [version] : [];
      });
    },
    stagedUpdate: async () => {
      if (args.template !== '') renderSources(script, args);
      await must(script.pass('dnf', run('makecache', staged())));
    },
    // dnf reads what it needs by itself.
    update: () => Promise.resolve(),
    fetch: async (specs) => { await must(script.pass('dnf', run('install', [...staged(), '--downloadonly', ...specs]))); },
    simulate: async (specs, [verb = 'install', ...options] = []) => {
      const { out, err } = await script.capture('dnf', [verb, '--assumeno', ...options, LIFTED, cache(), ...specs]);
      const lines = linesOf(out);
      if (!lines.some((line) => line.startsWith('Transaction Summary') || /nothing to do/i.test(line))) {
        script.complain([out, err].filter((text) => text !== '').join('\n'));
        script.fail(`dnf cannot install ${specs.join(' ')}`, 'See what stands in its way above; correct it on the host.');
      }
      return lines.flatMap((line) => {
        const name = /^ (\S+) x86_64 /.exec(line)?.[1];
        return name === undefined ? [] : [`install ${name}`];
      });
    },
    install: (specs) => script.pass('dnf', run('install', specs)),
    keepFormer: async (name, version) => (await script.capture('dnf', ['-y', '-q', 'reinstall', '--downloadonly', `--downloaddir=${args.record}/packages`, LIFTED, `${name}-${version}`])).exitCode === 0,
    hold: (names, held) => script.pass('dnf', ['-q', 'versionlock', held ? 'add' : 'delete', ...names]),
    mend: () => Promise.resolve(),
    unpackKubeadm: async (folder) => {
      const place = `${args.staged}/cache/kubernetes-twin/packages`;
      const file = files.list(place).find((name) => name.startsWith(`kubeadm-${args.version.slice(1).replace('-', '~')}-`));
      if (file === undefined) script.fail(`no package kubeadm ${args.version} is in ${args.staged}/cache`, 'Look at what dnf said above.');
      await script.capture('cpio', ['-idm', '--quiet', './usr/bin/kubeadm', `${place}/${file}`], folder);
      return `${folder}/usr/bin/kubeadm`;
    },
  };
}
