import { createHash } from 'node:crypto';
import { timestamp } from './conditions.ts';
import { isMirror, podOf } from './kinds.ts';
import type { Pod } from './kinds.ts';
import { readyConditions, withReadiness } from './kubelet-pods.ts';
import type { Machinery } from './machinery.ts';

export const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** From a changed manifest to its pod's Ready. */
const RESTART_MS = 1_000;

/** Mirror pods of a node's static manifests. */
export interface StaticPods {
  /** Makes the mirrors what these images by component say; what is not named goes. `at once` leaves no time in which they are not Ready. */
  set(node: string, images: Readonly<Record<string, string>>, when: 'at once' | 'after a restart'): void;
  setReady(node: string, ready: boolean): void;
  of(node: string): readonly Pod[];
}

export function createStaticPods({ store, index, clock }: Machinery): StaticPods {
  function of(node: string): readonly Pod[] {
    return index.onNode(node).filter(isMirror);
  }

  function set(node: string, images: Readonly<Record<string, string>>, when: 'at once' | 'after a restart'): void {
    const known = new Map(of(node).map((pod) => [pod.metadata.labels?.['component'] ?? '', pod]));
    for (const [component, pod] of known) if (images[component] === undefined) store.remove('pods', 'kube-system', pod.metadata.name);
    for (const [component, image] of Object.entries(images)) {
      const present = known.get(component);
      if (present?.spec.containers[0]?.image === image) continue;
      if (present !== undefined) store.remove('pods', 'kube-system', present.metadata.name);
      const pod = store.put('pods', mirror({ node, uid: store.get('nodes', null, node)?.metadata.uid ?? '', component, image }, clock.now(), when === 'at once'));
      if (when === 'after a restart') clock.after(RESTART_MS, () => becomeReady(podOf(pod)));
    }
  }

  function becomeReady({ metadata }: Pod): void {
    const present = store.get('pods', 'kube-system', metadata.name);
    if (present?.metadata.uid === metadata.uid) change(metadata.name, true);
  }

  function change(name: string, ready: boolean): void {
    store.update('pods', 'kube-system', name, (object) => {
      const pod = podOf(object);
      return { ...pod, status: { ...pod.status, conditions: withReadiness(pod.status?.conditions, ready, clock.now()) } };
    });
  }

  return {
    set,
    of,
    setReady: (node, ready) => {
      for (const pod of of(node)) change(pod.metadata.name, ready);
    },
  };
}

interface StaticPod {
  readonly node: string;
  /** Of the node. */
  readonly uid: string;
  readonly component: string;
  readonly image: string;
}

function mirror({ node, uid, component, image }: StaticPod, nowMs: number, ready: boolean): Pod {
  const hash = createHash('md5').update(`${node} ${component} ${image}`).digest('hex');
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name: `${component}-${node}`, namespace: 'kube-system',
      labels: { component, tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.mirror': hash, 'kubernetes.io/config.seen': timestamp(nowMs), 'kubernetes.io/config.source': 'file' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid, controller: true }],
    },
    spec: {
      nodeName: node, hostNetwork: true, priorityClassName: 'system-node-critical', priority: 2_000_001_000, restartPolicy: 'Always', terminationGracePeriodSeconds: 30,
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      containers: [{ name: component, image, resources: { requests: { cpu: '100m' } } }],
    },
    status: { phase: 'Running', startTime: timestamp(nowMs), conditions: withReadiness(readyConditions(undefined, nowMs), ready, nowMs) },
  };
}
