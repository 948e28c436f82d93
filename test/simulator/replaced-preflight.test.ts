/** The whole preflight over a twin: what kubeadm would replace there, found on the node where it is, and nothing else. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createActivities } from '../../activities/create-activities.ts';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { generateCluster } from '../../simulator/generate.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';
import type { Waiver } from '../../workflows/domain/waiver.ts';
import { runActivity } from '../support/run-activity.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { FAST_TIMINGS, specOfTwin } from '../support/twin.ts';

const CHECKS: readonly CheckId[] = ['static-pod-loss', 'kubelet-config-loss', 'addon-loss', 'kubeadm-patches'];

for (const way of ['shell', 'recognised'] as const) {
  test(`the preflight of a twin finds nothing lost, and then what somebody changed on one node each (${way})`, async (context) => {
    const folder = await mkdtemp(join(scratchFolder(), 'capstan-replaced-'));
    const twin = await startTwin(generateCluster({ name: 'replaced', seed: 1, workers: 2, timings: FAST_TIMINGS }), { seed: 1, speed: 30, way, folder });
    const ssh = createSshHosts();
    context.after(async () => {
      ssh.close();
      await twin.stop();
    });
    const activities = createActivities({ openKube: createOpenKube(), openHosts: ssh.openHosts, now: Date.now, stateDir: folder });
    const spec = await specOfTwin(twin);
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
