import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import { hostOf, lastLines } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { stepError } from '../step-error.ts';
import { kubeadmPlanArguments } from './kubeadm-arguments.ts';

const PLAN_MS = 180_000;

/**
 * Asks kubeadm for its own plan before the first change. Failures: ComponentConfigManual, with kubeadm's table, where a
 * component config must be upgraded by hand and the spec gives none; HostStepFailed where kubeadm refuses the upgrade.
 */
export async function checkKubeadmPlan(hosts: Hosts, input: ControlPlaneStepInput, signal: AbortSignal): Promise<void> {
  const { node, kubeadm } = input;
  const result = await hosts.probe(hostOf(node), SCRIPTS.kubeadmPlan, [node.to, ...kubeadmPlanArguments(node.to, kubeadm)], { timeoutMs: PLAN_MS, signal });
  if (result.exitCode !== 0) {
    throw stepError(
      'HostStepFailed',
      `kubeadm upgrade plan ${node.to} failed on ${node.name} (${node.address}):\n${lastLines(`${result.stdout}\n${result.stderr}`)}`,
      `correct what it names, then \`capstan retry ${node.name}\``,
    );
  }
  const table = manualComponentConfigs(result.stdout);
  if (table === null || kubeadm.componentConfigs !== null) return;
  throw stepError(
    'ComponentConfigManual',
    `A component config must be upgraded by hand before ${node.to}. kubeadm upgrade plan on ${node.name} says:\n${table}`,
    `bring that configuration (ConfigMaps kubelet-config and kube-proxy in kube-system) to the preferred version, or name a file in spec.kubeadm.componentConfigs; then \`capstan retry ${node.name}\``,
  );
}

/** kubeadm's table of component configs where a row of it says that it needs manual work; null where none does. */
export function manualComponentConfigs(plan: string): string | null {
  const lines = plan.split('\n');
  const header = lines.findIndex((line) => /^API GROUP\s.*MANUAL UPGRADE REQUIRED\s*$/.test(line));
  if (header === -1) return null;
  const length = lines.slice(header + 1).findIndex((line) => line.trim() === '' || line.startsWith('___'));
  const rows = lines.slice(header + 1, length === -1 ? lines.length : header + 1 + length);
  return rows.some((row) => /\syes\s*$/.test(row)) ? [lines[header], ...rows].map((line) => (line ?? '').trimEnd()).join('\n') : null;
}
