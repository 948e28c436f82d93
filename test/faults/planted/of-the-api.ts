import { KubeConfig } from '@kubernetes/client-node';
import type { ActivityPorts } from '../../../activities/create-activities.ts';
import { componentOf } from '../../../activities/observe/static-pods.ts';
import { createTransport } from '../../../activities/kubernetes/transport.ts';
import type { NodeStepInput } from '../../../workflows/domain/step.ts';

/** Uncordons a node and takes our mark off it, without a look at whose cordon it is. */
export async function uncordon(ports: ActivityPorts, { upgrade, node: planned }: NodeStepInput): Promise<void> {
  const kube = await ports.openKube(upgrade.access);
  for (let answer = ''; answer !== 'changed';) {
    const node = await kube.getNode(planned.name);
    if (node === null) return;
    answer = await kube.changeNode(planned.name, { resourceVersion: node.metadata.resourceVersion, unschedulable: false, annotations: { 'capstan.dev/cordoned-by': null } });
  }
}

/** An API on which an eviction deletes the pod, whatever its budget says. */
export function withDeletions(ports: ActivityPorts): ActivityPorts {
  return {
    ...ports,
    openKube: async (access) => {
      const kube = await ports.openKube(access);
      if (!('file' in access.kubeconfig)) throw new Error('a twin gives its kubeconfig as a file');
      const config = new KubeConfig();
      config.loadFromFile(access.kubeconfig.file);
      const transport = createTransport(config);
      return {
        ...kube,
        evict: async ({ namespace, name }) => {
          await transport.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}` });
          return { kind: 'accepted' };
        },
      };
    },
  };
}

/** An API that lists no API server, so that nobody sees how old one is. */
export function withoutApiServers(ports: ActivityPorts): ActivityPorts {
  return {
    ...ports,
    openKube: async (access) => {
      const kube = await ports.openKube(access);
      return { ...kube, listPods: async (query) => (await kube.listPods(query)).filter((pod) => componentOf(pod) !== 'kube-apiserver') };
    },
  };
}
