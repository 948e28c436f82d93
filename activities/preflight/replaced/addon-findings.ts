import type { Finding } from '../../../workflows/domain/check.ts';
import type { JsonObject } from '../../json-value.ts';
import type { Kube } from '../../kubernetes/port.ts';
import { hostFinding } from '../host-finding.ts';
import { addonLosses } from './addon-losses.ts';
import { listed } from './loss-findings.ts';
import { ADDONS } from './read-replaced.ts';
import type { AddonTexts } from './read-replaced.ts';

const CHECK = 'addon-loss';

/** What an upgrade would take from kube-proxy and CoreDNS, as far as the cluster has them: warnings, since both run on with what kubeadm writes. */
export async function addonFindings(kube: Pick<Kube, 'getWorkload'>, addons: ReadonlyMap<string, AddonTexts>): Promise<readonly Finding[]> {
  const found = await Promise.all(ADDONS.map(async ([kind, name]) => {
    const workload = await kube.getWorkload(kind, 'kube-system', name);
    return workload === null ? [] : addonFinding(kind, name, { ...workload }, addons.get(name));
  }));
  return found.flat();
}

function addonFinding(kind: string, name: string, workload: JsonObject, texts: AddonTexts | undefined): readonly Finding[] {
  if (texts === undefined) return [hostFinding(CHECK, 'warn', null, `what an upgrade would take from the ${kind} ${name} cannot be told: the kubeadm that is installed does not print it.`, `Compare it yourself with what kubeadm writes: \`kubectl -n kube-system get ${kind.toLowerCase()} ${name} -o yaml\`.`)];
  try {
    const losses = addonLosses(kind, name, workload, texts).filter(({ kind: of }) => of !== 'probe');
    if (losses.length === 0) return [hostFinding(CHECK, 'info', null, `kubeadm writes everything that the ${kind} ${name} has.`)];
    const way = name === 'coredns' ? 'To keep it, put it into a patch of corednsdeployment in the folder that spec.kubeadm.patches names.' : 'kubeadm takes no patch of it: put it back after the upgrade, as `kubectl -n kube-system edit daemonset kube-proxy` or an add-on of the spec does.';
    return [hostFinding(CHECK, 'warn', null, `the ${kind} ${name} has ${listed(losses.map(({ what }) => what))}, which kubeadm would not write: the upgrade would take it away.`, way)];
  } catch (error) {
    return [hostFinding(CHECK, 'warn', null, `what an upgrade would take from the ${kind} ${name} cannot be told: ${error instanceof Error ? error.message : String(error)}.`, null)];
  }
}
