import { imagesOf } from '../../components.ts';
import { minorNumber, minorOfVersion, versionOfPackage } from '../machine.ts';
import { clusterVersion, notReadyControlPlanes, refusal } from './kubeadm-cluster.ts';
import { planLines } from './kubeadm-plan.ts';
import { upgradeControlPlane, upgradeWorker } from './kubeadm-upgrade.ts';
import { option } from './kubeadm-files.ts';
import { printAddon, renderManifests } from './kubeadm-init.ts';
import { OperationFailed } from './call.ts';
import type { Call } from './call.ts';

const NO_ADMIN_CONF = 'couldn\'t create a Kubernetes client from file "/etc/kubernetes/admin.conf": failed to load admin kubeconfig: open /etc/kubernetes/admin.conf: no such file or directory';
/** Flags of the upgrade commands; any other is refused. */
const FLAGS = /^--(yes|force|certificate-renewal|config|ignore-preflight-errors|allow-(experimental|release-candidate)-upgrades|etcd-upgrade|dry-run|patches|print-config|v)(=|$)/;

export async function kubeadm(call: Call): Promise<number> {
  const { machine, args } = call;
  const words = args.filter((word) => !word.startsWith('-'));
  const version = machine.unpacked.get(call.program) ?? versionOfPackage(machine.packages.get('kubeadm')?.version ?? '');
  const nonsense = words[0] === 'upgrade' ? args.find((word) => word.startsWith('-') && !FLAGS.test(word)) : undefined;
  if (nonsense !== undefined) return failed(call, version, `unknown flag: ${nonsense}`);
  switch (words.slice(0, 2).join(' ')) {
    case 'version':
    case 'version short':
      call.out(version);
      return 0;
    case 'config images':
      for (const image of imagesOf(option(args, '--kubernetes-version') ?? version, version, option(args, '--image-repository') ?? undefined)) call.out(image);
      return 0;
    case 'init phase': return words[2] === 'addon' ? printAddon(call, version, words[3] ?? '', (cause) => failed(call, version, cause)) : renderManifests(call, version, words.slice(2, 4).join(' '), (cause) => failed(call, version, cause));
    case 'upgrade plan': return plan(call, version, words[2] ?? version);
    case 'upgrade apply':
    case 'upgrade node': return upgrade(call, version, words);
    default:
      call.err(`error: unknown command: the twin's kubeadm does not know: ${args.join(' ')}`);
      return 1;
  }
}

async function upgrade(call: Call, version: string, words: readonly string[]): Promise<number> {
  const { machine } = call;
  const isWorker = machine.node.role === 'worker';
  machine.kubeadms += 1;
  try {
    call.out('[upgrade] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...');
    call.out(`[upgrade] ${reUpload(version)}`);
    call.out(`[upgrade/preflight] Running ${words[1] === 'apply' ? 'preflight' : 'pre-flight'} checks`);
    const target = words[1] === 'apply' ? words[2] ?? version : clusterVersion(machine);
    const problem = isWorker && words[1] === 'apply'
      ? NO_ADMIN_CONF
      : refusal(machine, version, target, words[1] === 'apply');
    if (problem !== null) {
      return failed(call, version, problem);
    }
    if (isWorker) await upgradeWorker(call);
    else await upgradeControlPlane(call, target, words[1] === 'apply');
    return 0;
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  } finally {
    machine.kubeadms -= 1;
  }
}

function plan(call: Call, version: string, target: string): number {
  const { machine } = call;
  if (machine.node.role === 'worker') return failed(call, version, NO_ADMIN_CONF);
  call.out('[preflight] Running pre-flight checks.');
  call.out('[upgrade/config] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...');
  call.out(`[upgrade/config] ${reUpload(version)}`);
  call.out('[upgrade] Running cluster health checks');
  const away = notReadyControlPlanes(machine);
  if (away.length > 0) {
    call.err(`[preflight] Some fatal errors occurred:\n\t[ERROR ControlPlaneNodesReady]: there are NotReady control-planes in the cluster: [${away.join(' ')}]`);
    call.err('[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`');
    return failed(call, version, '[upgrade/health] FATAL: preflight checks failed');
  }
  call.out('[upgrade] Fetching available versions to upgrade to');
  call.out(`[upgrade/versions] Cluster version: ${clusterVersion(machine).slice(1)}`);
  call.out(`[upgrade/versions] kubeadm version: ${version}`);
  call.out(`[upgrade/versions] Target version: ${target}`);
  call.out(`[upgrade/versions] Latest version in the v${minorOfVersion(clusterVersion(machine))} series: ${target}`);
  for (const line of planLines(machine, version, target)) call.out(line);
  return 0;
}

/** How kubeadm ends with an error: v1.34 and later call it one. */
function failed(call: Call, version: string, cause: string): number {
  call.err(`${minorNumber(version) >= 34 ? 'error: ' : ''}${cause}`);
  call.err('To see the stack trace of this error execute with --v=5 or higher');
  return 1;
}

/** v1.34 and later name the part of the configuration. */
function reUpload(version: string): string {
  return `Use 'kubeadm init phase upload-config ${minorNumber(version) >= 34 ? 'kubeadm ' : ''}--config your-config-file' to re-upload it.`;
}
