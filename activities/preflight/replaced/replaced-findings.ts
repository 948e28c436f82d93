import type { Finding } from '../../../workflows/domain/check.ts';
import type { PlannedNode, UpgradePlan } from '../../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { currentActivity } from '../../activity-context.ts';
import { hostOf } from '../../durable-step.ts';
import type { Hosts } from '../../hosts/port.ts';
import { patchedKubeletConfiguration } from '../../kubeadm/patches/apply-patches.ts';
import { readPatches } from '../../kubeadm/patches/read-patches.ts';
import type { PatchFile } from '../../kubeadm/patches/read-patches.ts';
import type { JsonObject } from '../../json-value.ts';
import type { Kube } from '../../kubernetes/port.ts';
import { rideOver } from '../../kubernetes/wait.ts';
import { failureTypeOf } from '../../step-error.ts';
import { findingOfError } from '../finding-of-error.ts';
import { fromError, hostFinding } from '../host-finding.ts';
import { overHosts } from '../host-width.ts';
import { addonFindings } from './addon-findings.ts';
import { readClusterConfigs } from './cluster-configs.ts';
import type { ClusterConfigs } from './cluster-configs.ts';
import { kubeletLosses } from './kubelet-losses.ts';
import { kubeletFinding, staticPodFindings } from './loss-findings.ts';
import { readReplaced } from './read-replaced.ts';
import type { AddonTexts, Replaced, StaticPodTexts } from './read-replaced.ts';
import { restartFindings } from './restarts.ts';
import type { ComparedNode, ComparedPod } from './restarts.ts';
import { compareStaticPod } from './static-pod-losses.ts';

export interface ReplacedOptions {
  readonly openKube: () => Promise<Pick<Kube, 'getConfigMap' | 'getWorkload'>>;
  readonly openHosts: () => Promise<Hosts>;
  /** For how long an API that is away is asked again. */
  readonly outageMs: number;
}

interface Wanted extends ClusterConfigs {
  /** Kubelet configuration with the patches of the spec. */
  readonly patched: JsonObject;
  readonly patches: readonly PatchFile[];
}

interface CheckedNode extends ComparedNode {
  /** As the kubeadm of this node would write them; null where it was not asked. */
  readonly addons: ReadonlyMap<string, AddonTexts> | null;
  readonly findings: readonly Finding[];
}

/**
 * What kubeadm would replace on each node that the plan changes, compared with what runs there: static pods with what the installed
 * kubeadm makes of kubeadm-config and the patches of the spec, the kubelet's configuration with kubelet-config. Reads only.
 */
export async function replacedFindings({ openKube, openHosts, outageMs }: ReplacedOptions, plan: UpgradePlan, spec: UpgradeSpec): Promise<readonly Finding[]> {
  const nodes = plan.nodes.filter((node) => node.changes);
  if (nodes.length === 0) return [];
  const configs = await rideOver(currentActivity(), async () => readClusterConfigs(await openKube()), outageMs);
  const wanted = await withPatches(configs, spec);
  if ('check' in wanted) return [wanted];
  const hosts = await openHosts();
  const asked = nodes.find((node) => !node.roles.includes('worker'));
  const checked = await overHosts(nodes, (node) => checkNode(hosts, node, wanted, node === asked));
  const addons = checked.find((each) => each.addons !== null)?.addons ?? null;
  const ofAddons = addons === null ? [] : await rideOver(currentActivity(), async () => addonFindings(await openKube(), addons), outageMs);
  return [...patchesFinding(wanted), ...checked.flatMap(({ findings }) => findings), ...ofAddons, ...restartFindings(checked, spec.kubeadm.certificateRenewal)];
}

/** The finding where the patches are not such as kubeadm takes: without them everything that they keep would look lost. */
async function withPatches(configs: ClusterConfigs, spec: UpgradeSpec): Promise<Wanted | Finding> {
  try {
    const patches = await readPatches(spec.kubeadm.patches);
    return { ...configs, patched: patchedKubeletConfiguration(configs.kubelet, patches), patches };
  } catch (error) {
    return findingOfError('kubeadm-patches', null, error);
  }
}

function patchesFinding({ patches }: Wanted): readonly Finding[] {
  if (patches.length === 0) return [];
  return [hostFinding('kubeadm-patches', 'info', null, `kubeadm is given ${patches.map(({ name }) => name).join(', ')} on every node.`)];
}

async function checkNode(hosts: Hosts, node: PlannedNode, wanted: Wanted, withAddons: boolean): Promise<CheckedNode> {
  const { signal } = currentActivity();
  try {
    const replaced = await readReplaced(hosts, node, { configuration: wanted.cluster, patches: wanted.patches, withAddons, signal });
    const pods = replaced.staticPods.flatMap((texts) => compared(texts));
    const addons = withAddons && replaced.failure === null ? replaced.addons : null;
    return { node, pods, addons, findings: [...podFindings(node, replaced, pods), ...kubeletFindings(node, replaced, wanted)] };
  } catch (error) {
    signal.throwIfAborted();
    const isStep = failureTypeOf(error) === 'HostStepFailed';
    return { node, pods: [], addons: null, findings: [isStep ? findingOfError('static-pod-loss', node.name, error) : fromError(hostOf(node), error)] };
  }
}

/** kubeadm leaves alone what it writes no manifest of. */
function compared({ component, running, wanted, plain }: StaticPodTexts): readonly ComparedPod[] {
  if (wanted === null) return [];
  const image = /^ *image: *["']?([^"'\s]+)/m.exec(running)?.[1] ?? null;
  try {
    return [{ component, image, ...compareStaticPod(component, { running, wanted, plain: plain ?? wanted }) }];
  } catch (error) {
    return [{ component, image, comes: [], losses: [{ kind: 'other', isDecided: false, what: `a manifest that cannot be compared (${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)})` }] }];
  }
}

function podFindings(node: PlannedNode, { failure }: Replaced, pods: readonly ComparedPod[]): readonly Finding[] {
  if (failure !== null) {
    return [hostFinding(
      'static-pod-loss', 'block', node.name,
      `what an upgrade would take from the static pods cannot be told, because the kubeadm that is installed makes no manifests of the ConfigMap kubeadm-config: ${failure.slice(-500)}`,
      'Correct what kubeadm names; `kubeadm init phase control-plane all --dry-run --config FILE` is what it was asked.',
    )];
  }
  const losses = pods.flatMap((pod) => staticPodFindings(node.name, pod.component, pod.losses));
  if (losses.length > 0 || pods.length === 0) return losses;
  return [hostFinding('static-pod-loss', 'info', node.name, 'kubeadm writes every flag, volume and setting that the static pods run with.')];
}

function kubeletFindings(node: PlannedNode, { kubelet }: Replaced, wanted: Wanted): readonly Finding[] {
  if (kubelet === null) return [];
  try {
    return [kubeletFinding(node.name, kubeletLosses(kubelet, wanted.patched, wanted.kubelet))];
  } catch (error) {
    return [hostFinding('kubelet-config-loss', 'block', node.name, `/var/lib/kubelet/config.yaml cannot be parsed: ${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)}`, 'Correct it; kubeadm would replace it.')];
  }
}
