import { canonical, isObject, objectAt, objectsAt, textAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';

/** A static pod as it is compared: how a file is written does not matter. */
export interface StaticPod {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
  /** kubeadm's own container. */
  readonly container: JsonObject;
  /** The others, by name. */
  readonly others: ReadonlyMap<string, JsonObject>;
  /** Where the container has what of the host: `/etc/kubernetes/pki` from `/etc/kubernetes/pki`. */
  readonly mounts: ReadonlyMap<string, Mount>;
}

export interface Mount {
  /** Path on the host; null where the volume is not of one. */
  readonly hostPath: string | null;
  /** All of it, to be compared. */
  readonly form: string;
}

/** @throws Error where it is not a pod. */
export function readPod(pod: unknown, component: string): StaticPod {
  const spec = objectAt(pod, 'spec');
  const containers = objectsAt(spec, 'containers');
  const container = containers.find((each) => each['name'] === component) ?? containers[0];
  if (container === undefined) throw new Error(`it is not a pod with a container ${component}`);
  const others = [...containers.filter((each) => each !== container), ...objectsAt(spec, 'initContainers')];
  return { metadata: objectAt(pod, 'metadata'), spec, container, others: new Map(others.map((each) => [textAt(each, 'name') ?? '', each])), mounts: mountsOf(spec, container) };
}

function mountsOf(spec: JsonObject, container: JsonObject): ReadonlyMap<string, Mount> {
  const volumes = new Map(objectsAt(spec, 'volumes').map((volume) => [volume['name'], volume]));
  // A mount without its volume mounts nothing.
  const mounted = objectsAt(container, 'volumeMounts').filter(({ name }) => volumes.has(name));
  return new Map(mounted.map(({ name, mountPath, ...mount }): [string, Mount] => {
    const { name: _name, ...source } = volumes.get(name) ?? {};
    const hostPath = textAt(source['hostPath'], 'path');
    // The type only says what has to be there, or is made, before the mount.
    const form = canonical({ ...mount, readOnly: mount['readOnly'] === true, source: hostPath === null ? source : hostPath });
    return [typeof mountPath === 'string' ? mountPath : '', { hostPath, form }];
  }));
}

export function textsAt(object: JsonObject, key: string): readonly string[] {
  const list = object[key];
  return Array.isArray(list) ? list.map((item: unknown) => String(item)) : [];
}

/** A probe with the number of its port: kubeadm v1.34 and later write the name of one. */
export function probeOf(container: JsonObject, name: string): string {
  const { httpGet, ...probe } = objectAt(container, name);
  if (!isObject(httpGet)) return canonical({ ...probe, httpGet });
  const port = objectsAt(container, 'ports').find((each) => each['name'] === httpGet['port']);
  return canonical({ ...probe, httpGet: { ...httpGet, port: port?.['containerPort'] ?? httpGet['port'] } });
}
