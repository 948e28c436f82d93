import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Programs of the machine that a real repository and a real dnf take; those that are not there. */
export function missingPrograms(): readonly string[] {
  return ['/usr/bin/dnf', '/usr/bin/rpm', '/usr/bin/rpmkeys', '/usr/bin/rpmbuild', '/usr/bin/createrepo_c'].filter((program) => {
    try {
      execFileSync(program, ['--version'], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
}

const RELEASE = '150500.1.1';

/** A repository for each minor below `folder`, with packages of these versions that hold one small program each. */
export function buildRepositories(folder: string, versions: readonly string[]): void {
  for (const version of versions) {
    const repository = join(folder, `v${version.split('.').slice(0, 2).join('.')}`);
    mkdirSync(repository, { recursive: true });
    for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
      const file = join(folder, `${name}.spec`);
      writeFileSync(file, specOf(name, version));
      execFileSync('/usr/bin/rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${folder}/build`, '--define', `_rpmdir ${repository}`, file], { stdio: 'ignore' });
    }
    execFileSync('/usr/bin/createrepo_c', ['-q', repository]);
  }
}

/** Signs the packages in these folders with a key of its own, whose public half it writes to the file that it returns; null where a program for it is missing. */
export function signPackages(folder: string, repositories: readonly string[]): string | null {
  const home = join(folder, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const env = { ...process.env, GNUPGHOME: home };
  try {
    execFileSync('/usr/bin/rpmsign', ['--version'], { stdio: 'ignore' });
    execFileSync('/usr/bin/gpg', ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key', 'Packages <packages@example.com>', 'rsa2048', 'sign', 'never'], { stdio: 'ignore', env });
  } catch {
    return null;
  }
  for (const repository of repositories) {
    const files = readdirSync(repository, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rpm')).map((name) => join(repository, name));
    execFileSync('/usr/bin/rpmsign', ['--define', '__gpg /usr/bin/gpg', '--define', '_gpg_name Packages', '--addsign', ...files], { stdio: 'ignore', env });
    execFileSync('/usr/bin/createrepo_c', ['-q', repository]);
  }
  const key = join(folder, 'key.asc');
  execFileSync('/usr/bin/gpg', ['--batch', '--quiet', '--armor', '--output', key, '--export'], { stdio: 'ignore', env });
  execFileSync('/usr/bin/gpgconf', ['--kill', 'all'], { stdio: 'ignore', env });
  return key;
}

function specOf(name: string, version: string): string {
  return [
    `Name: ${name}`, `Version: ${version}`, `Release: ${RELEASE}`, `Summary: ${name}`, 'License: none', 'BuildArch: noarch', 'AutoReqProv: no', '%description', name,
    '%install', 'mkdir -p %{buildroot}/usr/bin', `printf '#!/bin/sh\\necho ${name === 'kubelet' ? 'Kubernetes ' : ''}v${version}\\n' > %{buildroot}/usr/bin/${name}`, `chmod 755 %{buildroot}/usr/bin/${name}`,
    '%files', `/usr/bin/${name}`, '',
  ].join('\n');
}

/** Debian's rpm keeps its database in the home of whoever runs it, below the root that it is given. */
export const RPM_HOME = '/root';

/** The machine's own program, below the host's root; `before` may change its arguments. */
export function inRoot(line: string, before = ''): string {
  return `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nHOME=${RPM_HOME}\nexport PATH HOME\n${before}exec ${line} "$@"\n`;
}
