import { setPackage, versionOfPackage } from '../machine.ts';
import { archiveOf } from './apt-install.ts';
import type { Call } from './call.ts';

/** `dpkg --audit`, which names what is not fully installed, and `dpkg --configure -a`, which finishes it. */
export function dpkg(call: Call): number {
  const { machine, args } = call;
  const half = [...machine.packages].filter(([, each]) => each.half);
  if (args[0] === '--audit') {
    if (half.length === 0) return 0;
    call.out('The following packages are only half configured, probably due to problems');
    call.out('configuring them the first time.  The configuration should be retried using');
    call.out('dpkg --configure <package> or the configure menu option in dselect:');
    for (const [name] of half) call.out(` ${name.padEnd(20)} Kubernetes`);
    return 0;
  }
  if (args[0] !== '--configure') {
    call.err(`dpkg: the twin does not know: ${args.join(' ')}`);
    return 2;
  }
  for (const [name, each] of half) {
    call.out(`Setting up ${name} (${each.version}) ...`);
    setPackage(machine, name, { half: false });
    machine.record(`package ${name} configured`, each.version);
  }
  return 0;
}

/** `dpkg-deb -f FILE Version` and `dpkg-deb -x FILE FOLDER`. */
export function dpkgDeb(call: Call): number {
  const { machine, args: [option, file = '', target = ''] } = call;
  const archive = archiveOf(machine, file);
  if (archive === null) {
    call.err(`dpkg-deb: error: failed to read archive '${file}': No such file or directory`);
    return 2;
  }
  if (option === '-f') {
    call.out(archive.version);
    return 0;
  }
  unpackProgram(call, target, archive.version);
  return 0;
}

/** Puts a kubeadm of the package into a folder; whoever calls it there is answered as that version would. */
export function unpackProgram({ machine }: Call, folder: string, version: string): void {
  const path = `${folder}/usr/bin/kubeadm`;
  machine.files.write(path, machine.programText, 0o755);
  machine.unpacked.set(path, versionOfPackage(version));
}
