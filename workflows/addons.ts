import { api } from './activity-options.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { plannedAddons } from './domain/planned-file.ts';
import type { AddonTime } from './domain/spec.ts';
import type { AddonInput } from './domain/step.ts';

/**
 * The add-ons that are due now. kube-proxy and CoreDNS are kubeadm's: it upgrades them with the last control-plane node,
 * and their roll-out is confirmed before the first worker is touched.
 */
export async function upgradeAddons(run: ClusterRunner, when: AddonTime): Promise<void> {
  const version = run.state.plan.to;
  const due: AddonInput['addon'][] = [
    ...(when === 'control-plane' ? [{ name: 'kube-proxy', version }, { name: 'coredns', version }] as const : []),
    ...plannedAddons(run.state.plan, when),
  ];
  for (const addon of due) {
    if (run.state.addonsDone.includes(addon.name)) continue;
    await run.step(`upgradeAddon ${addon.name}`, () => api.upgradeAddon.executeWithOptions({ summary: `Add-on ${addon.name}` }, [{ upgrade: run.upgrade, addon }]));
    run.state.addonsDone.push(addon.name);
  }
}
