import { randomUUID } from 'node:crypto';
import { MANIFESTS } from '../control-plane.ts';
import { minorOfVersion, versionOfPackage } from '../machine.ts';
import { whyNotEndApiServer } from './kubeadm-scripts.ts';
import { candidate, installedVersion, installExactly, isAtTarget, keepFormer, makeFolders, openPackages, PACKAGES, restoreHolds, switchSources } from './packages.ts';
import type { Packages } from './packages.ts';
import { linesOf, ScriptEnd } from './script.ts';
import type { Script } from './script.ts';
import { Gone } from '../tools/call.ts';

const WORKER_IMAGE = /\/(kube-proxy|pause|coredns):/;

export async function stageNode(script: Script): Promise<void> {
  const packages = openPackages(script);
  const { args, family } = packages;
  makeFolders(packages);
  await keepFormer(packages);
  const missing = PACKAGES.filter((name) => !isAtTarget(packages, name));
  if (missing.length > 0) {
    await family.stagedUpdate();
    const specs: string[] = [];
    for (const name of missing) {
      const found = await candidate(packages, name, true);
      if (found === '') script.fail(`no package ${name} ${args.version} is in ${args.template === '' ? 'the sources of this host' : args.template}`, 'Correct spec.target.version or spec.packages.repository.');
      specs.push(`${name}${family.separator}${found}`);
    }
    await family.fetch(specs);
  }
  const kubeadm = isAtTarget(packages, 'kubeadm') ? 'kubeadm' : await family.unpackKubeadm(`${args.staged}/kubeadm.${randomUUID()}`);
  const images = await wantedImages(packages, kubeadm);
  const absent = await missingImages(script, images);
  for (const image of absent) {
    script.say(`pulling ${image}`);
    if (await script.pass('crictl', ['pull', image]) !== 0) script.fail(`the image ${image} is not on this host and cannot be pulled`, 'See what the runtime said above; import the image, or let the host reach its registry.');
  }
  const changed = missing.length > 0 || absent.length > 0;
  script.say(`staged: packages ${missing.length === 0 ? 'none' : missing.join(' ')}, ${String(images.length)} images (${String(absent.length)} pulled)`);
  script.say(`changed: ${changed ? 'yes' : 'no'}`);
}

export async function upgradeKubeadm(script: Script): Promise<void> {
  const packages = openPackages(script);
  const { version } = packages.args;
  makeFolders(packages);
  await keepFormer(packages);
  await holding(packages, ['kubeadm'], async () => {
    switchSources(packages);
    await installExactly(packages, ['kubeadm']);
    const reported = (await script.capture('kubeadm', ['version', '-o', 'short'])).out;
    if (reported !== version) script.fail(`kubeadm reports ${reported} after its package was brought to ${version}`, 'See `command -v kubeadm`: another kubeadm comes first in PATH.');
    script.say(`kubeadm is at ${reported}`);
    script.say(`changed: ${packages.changed ? 'yes' : 'no'}`);
  });
}

export async function upgradeKubelet(script: Script): Promise<void> {
  const packages = openPackages(script);
  makeFolders(packages);
  await holding(packages, ['kubelet', 'kubectl'], async () => {
    leaveLoadBalancer(packages);
    await installExactly(packages, ['kubelet', 'kubectl']);
    await restartKubelet(packages);
    script.say(`changed: ${packages.changed ? 'yes' : 'no'}`);
  });
}

/** A kubelet of another minor starts the static pods anew: where there is a load balancer, the API server leaves it first. */
function leaveLoadBalancer({ script: { machine, say }, args }: Packages): void {
  const { kubelet, apiServer } = machine;
  if (minorOfVersion(versionOfPackage(machine.packages.get('kubelet')?.version ?? kubelet.version)) === minorOfVersion(args.version) || apiServer.pid === 0) return;
  say(`API server stays as it is until the kubelet starts it anew: ${whyNotEndApiServer(machine)}`);
}

async function restartKubelet({ script, args }: Packages): Promise<void> {
  await script.capture('systemctl', ['daemon-reload']);
  await script.capture('systemctl', ['stop', 'kubelet']);
  const restarted = new Date(script.machine.world.clock.now()).toISOString();
  const started = await script.capture('systemctl', ['start', 'kubelet']);
  const { kubelet } = script.machine;
  if (started.exitCode !== 0 || kubelet.crash !== null || !kubelet.running) {
    script.say('the last lines of its journal:');
    await script.pass('journalctl', ['-u', 'kubelet', '-n', '40', '--no-pager']);
    script.fail(`the kubelet ${kubelet.crash === null ? 'is inactive' : 'ended right after its start'} after its restart at ${args.version}`, 'See the journal of the unit kubelet on the host: flags and configuration of the new version are the usual causes.');
  }
  script.say(`restarted-at: ${restarted}`);
}

/** The script's trap: also where it fails, and not where it is killed. */
async function holding(packages: Packages, names: readonly string[], body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Gone)) await restoreHolds(packages, names);
    throw error;
  }
  await restoreHolds(packages, names);
}

export async function checkHost(script: Script): Promise<void> {
  const { machine, say } = script;
  const scratch = `/tmp/${randomUUID()}`;
  say('user 0');
  for (const folder of ['/var/lib', '/var/cache']) say(`free ${folder} ${String(machine.disk.freeKib)}`);
  say('swap 0');
  say(`fail-swap-on ${/^failSwapOn: *(.*)$/m.exec(machine.files.read('/var/lib/kubelet/config.yaml') ?? '')?.[1] ?? ''}`);
  say(`kubelet ${(await script.capture('systemctl', ['is-active', 'kubelet'])).out}`);
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) if (machine.files.isFile(`${MANIFESTS}/${name}.yaml`)) say(`manifest ${name}`);
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
  return packages;
}

/** Reads the sources; what goes wrong is said in lines of its own. */
async function readSourcesQuietly(script: Script, scratch: string): Promise<void> {
  const log: string[] = [];
  try {
    await openIn(logged(script, log), scratch).family.stagedUpdate();
  } catch (error) {
    if (!(error instanceof ScriptEnd)) throw error;
    for (const line of log.filter((each) => /^(error|E|Error|next)/.test(each)).slice(0, 5)) script.say(`repository-error ${line}`);
  }
}

export async function listImages(script: Script): Promise<void> {
  const scratch = `/tmp/${randomUUID()}`;
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

export async function checkImages(script: Script): Promise<void> {
  for (const image of await missingImages(script, script.args)) {
    const { exitCode, err } = await script.capture('ctr', ['-n', 'capstan-preflight', 'content', 'fetch', '--metadata-only', image]);
    script.say(exitCode === 0 ? `missing ${image} pullable` : `missing ${image} absent ${linesOf(err).at(-1) ?? ''}`);
  }
}

async function wantedImages({ script, args }: Packages, kubeadm: string): Promise<readonly string[]> {
  const repository = args.imageRepository === '' ? [] : ['--image-repository', args.imageRepository];
  const { out } = await script.capture(kubeadm, ['config', 'images', 'list', '--kubernetes-version', args.version, ...repository]);
  const all = linesOf(out);
  return args.images === 'worker' ? all.filter((image) => WORKER_IMAGE.test(image)) : all;
}

async function missingImages({ machine }: Script, images: readonly string[]): Promise<readonly string[]> {
  return images.filter((image) => image !== '' && !machine.images.has(image));
}
