import { minorOfVersion, versionOfPackage } from '../machine.ts';
import { whyNotEndApiServer } from './kubeadm-scripts.ts';
import { candidate, installExactly, isAtTarget, keepFormer, makeFolders, openPackages, PACKAGES, refuseNewer, restoreHolds, switchSources } from './packages.ts';
import type { Packages } from './packages.ts';
import { keepConfiguration } from './record.ts';
import { requireRole } from './role.ts';
import { missingImages, pullImage, wantedImages } from './images.ts';
import type { Script } from './script.ts';
import { Gone } from '../tools/call.ts';

export async function stageNode(script: Script): Promise<void> {
  const packages = openPackages(script);
  const { args, family } = packages;
  refuseNewer(packages, PACKAGES);
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
  const kubeadm = isAtTarget(packages, 'kubeadm') ? 'kubeadm' : await family.unpackKubeadm(`${args.staged}/kubeadm`);
  const images = await wantedImages(packages, kubeadm);
  const absent = missingImages(script, images);
  for (const image of absent) {
    script.say(`pulling ${image}`);
    if (await pullImage(script, image) !== 0) script.fail(`the image ${image} is not on this host and cannot be pulled`, 'See what the runtime said above; import the image, or let the host reach its registry.');
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
  keepConfiguration(script, packages.args);
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
  requireRole(script, packages.args.role);
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

export async function restartKubelet({ script, args }: Packages): Promise<void> {
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
export async function holding(packages: Packages, names: readonly string[], body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Gone)) await restoreHolds(packages, names);
    throw error;
  }
  await restoreHolds(packages, names);
}
