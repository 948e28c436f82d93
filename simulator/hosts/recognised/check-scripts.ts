import { randomUUID } from 'node:crypto';
import { MANIFESTS } from '../control-plane.ts';
import { imageFolder, missingImages, wantedImages } from './images.ts';
import { candidate, installedVersion, isAtTarget, openPackages, PACKAGES, readArguments } from './packages.ts';
import type { Packages } from './packages.ts';
import { staticPodsOf } from './role.ts';
import { copiesOf } from './static-copies.ts';
import { linesOf, ScriptEnd } from './script.ts';
import type { Script } from './script.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;
const WORDS_OF_SOURCES = /^(error:|next:|Err:|E:|W: (Failed|Some|GPG)|Errors? |Error:|Failed|Curl| +(-|>>>) )/;

export async function checkHost(script: Script): Promise<void> {
  readArguments(script);
  const { machine, say } = script;
  const scratch = `/var/lib/capstan/scratch/${randomUUID()}`;
  const images = imageFolder(script);
  say(`images-at ${images}`);
  for (const folder of [images, '/var/lib/capstan', '/etc/kubernetes/tmp']) say(`free ${folder} ${String(machine.disk.freeKib)} /dev/vda`);
  say('swap 0');
  for (const key of ['failSwapOn', 'failCgroupV1']) {
    say(`kubelet-flag ${key} `);
    say(`kubelet-drop-in ${key} `);
    say(`kubelet-file ${key} ${new RegExp(`^${key}: *(.*)$`, 'm').exec(machine.files.read('/var/lib/kubelet/config.yaml') ?? '')?.[1] ?? ''}`);
  }
  say(`kubelet ${(await script.capture('systemctl', ['is-active', 'kubelet'])).out}`);
  for (const name of COMPONENTS) if (machine.files.isFile(`${MANIFESTS}/${name}.yaml`)) say(`manifest ${name}`);
  const { components, folder } = staticPodsOf(machine);
  if (components.length > 0) say(`static-pods ${components.join(' ')}`);
  for (const name of COMPONENTS) {
    const copies = copiesOf(machine, folder, name);
    if (copies.length > 1) say(`static-copies ${name} ${copies.join(', ')}`);
  }
  if (machine.files.exists('/var/run/reboot-required')) say('reboot-required');
  const packages = openIn(script, scratch);
  say(`manager ${packages.family.name}`);
  for (const name of PACKAGES) say(`installed ${name} ${installedVersion(script, name)}`);
  if (packages.family.name === 'apt') {
    for (const line of linesOf((await script.capture('dpkg', ['--audit'])).out)) if (/^ \S/.test(line)) say(line.replace(/^ /, 'broken '));
    if (machine.lock !== null) say(`locked ${String(machine.lock.process)}`);
  }
  await readSourcesQuietly(script, scratch);
  for (const name of PACKAGES) say(`available ${name} ${isAtTarget(packages, name) ? 'installed' : await candidate(packages, name, true)}`);
  machine.files.remove(scratch);
}

/** As a script that works in a scratch folder and leaves nothing. */
function openIn(script: Script, scratch: string): Packages {
  const packages = openPackages(script);
  packages.args.staged = scratch;
  packages.args.record = scratch;
  packages.args.apart = true;
  return packages;
}

/** Reads the sources; what goes wrong is said in lines of its own. */
async function readSourcesQuietly(script: Script, scratch: string): Promise<void> {
  const log: string[] = [];
  try {
    await openIn(logged(script, log), scratch).family.stagedUpdate();
  } catch (error) {
    if (!(error instanceof ScriptEnd)) throw error;
    for (const line of log.filter((each) => WORDS_OF_SOURCES.test(each)).slice(0, 5)) script.say(`repository-error ${line.trimStart()}`);
  }
}

export async function listImages(script: Script): Promise<void> {
  const scratch = `/var/lib/capstan/scratch/${randomUUID()}`;
  const packages = openIn(script, scratch);
  const kubeadm = isAtTarget(packages, 'kubeadm') ? 'kubeadm' : await fetchedKubeadm(packages, scratch);
  for (const image of await wantedImages(packages, kubeadm)) script.say(image);
  script.machine.files.remove(scratch);
}

async function fetchedKubeadm({ script, args }: Packages, scratch: string): Promise<string> {
  const log: string[] = [];
  const { family } = openIn(logged(script, log), scratch);
  const step = async (work: () => Promise<void>, cause: string): Promise<void> => {
    log.length = 0;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ScriptEnd)) throw error;
      for (const line of log) script.complain(line);
      script.fail(cause);
    }
  };
  await step(() => family.stagedUpdate(), 'the sources of the new version cannot be read');
  const found = await candidate(openIn(script, scratch), 'kubeadm', true);
  if (found === '') script.fail(`no package kubeadm ${args.version} is in ${args.template === '' ? 'the sources of this host' : args.template}`);
  await step(() => family.fetch([`kubeadm${family.separator}${found}`]), 'the package kubeadm cannot be fetched');
  return family.unpackKubeadm(`${scratch}/kubeadm`);
}

/** The script with both its outputs in a log, as `> log 2>&1` has them. */
function logged(script: Script, log: string[]): Script {
  const print = (text: string): void => { log.push(...text.split('\n')); };
  return {
    ...script, say: print, complain: print,
    fail: (cause, next) => {
      log.push(`error: ${cause}`, ...(next === undefined ? [] : [`next: ${next}`]));
      throw new ScriptEnd(1);
    },
    pass: (program, args) => script.pass(program, args, { out: print, err: print }),
  };
}

export function checkImages(script: Script): Promise<void> {
  script.say(`asked ${script.machine.world.runtimeClient}`);
  for (const image of missingImages(script, script.args)) script.say(`missing ${image}`);
  return Promise.resolve();
}
