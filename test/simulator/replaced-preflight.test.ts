/** The whole preflight over a twin: what kubeadm would replace there, found on the node where it is, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckId } from '../../workflows/domain/checks.ts';
import type { Waiver } from '../../workflows/domain/waiver.ts';
import { runActivity } from '../support/run-activity.ts';
import { activitiesOnTwin } from './support/activities-on-twin.ts';

const CHECKS: readonly CheckId[] = ['static-pod-loss', 'kubelet-config-loss', 'addon-loss', 'kubeadm-patches'];

for (const way of ['shell', 'recognised'] as const) {
  test(`the preflight of a twin finds nothing lost, and then what somebody changed on one node each (${way})`, async (context) => {
    const { twin, activities, spec } = await activitiesOnTwin(context, 'replaced', 2, way);
    const problems = async (ignore: readonly Waiver[] = []): Promise<readonly string[]> => {
      const own = { ...spec, ignore };
      const { plan } = await runActivity(activities.planUpgrade, { spec: own }).result;
      const { findings } = await runActivity(activities.runPreflight, { spec: own, plan }).result;
      return findings.filter(({ check, severity }) => CHECKS.includes(check) && severity !== 'info').map(({ check, severity, node }) => `${severity} ${check} ${node ?? '-'}`);
    };
    assert.deepEqual(await problems(), []);

    const [second, worker] = [twin.hosts.host('cp2').machine, twin.hosts.host('w1').machine];
    const manifest = `${second.root}/etc/kubernetes/manifests/kube-apiserver.yaml`;
    second.files.write(manifest, (second.files.read(manifest) ?? '').replace('    image:', '    - --audit-policy-file=/etc/kubernetes/audit.yaml\n    image:'));
    const kubelet = `${worker.root}/var/lib/kubelet/config.yaml`;
    worker.files.write(kubelet, `${worker.files.read(kubelet) ?? ''}maxPods: 250\n`);
    twin.model.store.update('daemonsets', 'kube-system', 'kube-proxy', (object) => JSON.parse(JSON.stringify(object).replace('"name":"kube-proxy","image"', '"name":"kube-proxy","resources":{"limits":{"cpu":"1"}},"image"')));
    assert.deepEqual(await problems(), ['block static-pod-loss cp2', 'block kubelet-config-loss w1', 'warn addon-loss -']);
    // Accepted by its name, on its node.
    assert.deepEqual(await problems([{ check: 'static-pod-loss', node: 'cp2' }, { check: 'kubelet-config-loss', node: 'w2' }]), ['block kubelet-config-loss w1', 'warn static-pod-loss cp2', 'warn addon-loss -']);
  });
}
