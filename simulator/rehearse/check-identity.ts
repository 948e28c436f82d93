import { parse } from 'yaml';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { DumpedObject, DumpedObjects } from './dump-files.ts';
import { RehearsalError } from './rehearsal-error.ts';

/** What kubeadm calls a cluster that nobody named. */
const UNNAMED = 'kubernetes';

/**
 * Refuses the dump of another cluster. What a spec says of its cluster is compared: the nodes that it names, and its own name with
 * the one that kubeadm was given. The kubeconfig would say more, but a dump is read where `access` may not be at hand.
 *
 * @throws RehearsalError
 */
export function checkIdentity(spec: UpgradeSpec, objects: DumpedObjects, folder: string): void {
  const names = new Set((objects.get('Node') ?? []).map(({ metadata }) => metadata.name));
  const absent = spec.nodes.filter(({ name }) => !names.has(name));
  const [first] = absent;
  if (first !== undefined) {
    const index = spec.nodes.indexOf(first);
    throw anotherCluster(folder, spec, `spec.nodes[${index}].name: ${listed(absent.map(({ name }) => name))} of the spec ${absent.length === 1 ? 'is' : 'are'} not in it; its nodes are ${listed([...names])}`);
  }
  const named = clusterNameOf(objects.get('ConfigMap') ?? []);
  // Nodes that are named and there say more than a name does.
  if (spec.nodes.length > 0 || named === null || named === UNNAMED || named === spec.name) return;
  throw anotherCluster(folder, spec, `metadata.name: the spec is of ${spec.name}, and kubeadm-config in the dump says clusterName: ${named}`);
}

function anotherCluster(folder: string, spec: UpgradeSpec, why: string): RehearsalError {
  return new RehearsalError(
    `the dump ${folder} is of another cluster than the spec's:\n${why}`,
    `dump the cluster ${spec.name} again, or give the spec of the cluster that was dumped`,
  );
}

function clusterNameOf(maps: readonly DumpedObject[]): string | null {
  const data = maps.find(({ metadata }) => metadata.name === 'kubeadm-config')?.['data'];
  const text: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'ClusterConfiguration') : null;
  if (typeof text !== 'string') return null;
  const config: unknown = parse(text);
  const name: unknown = typeof config === 'object' && config !== null ? Reflect.get(config, 'clusterName') : null;
  return typeof name === 'string' && name !== '' ? name : null;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
