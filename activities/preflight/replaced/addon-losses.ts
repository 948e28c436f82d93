import { isObject, objectAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import type { AddonTexts } from './read-replaced.ts';
import type { Loss } from './loss.ts';
import { comparePods } from './static-pod-losses.ts';
import { readYaml } from '../../read-yaml.ts';

/** What the API writes into a pod template where it says nothing. */
const DEFAULTS: JsonObject = {
  terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30, protocol: 'TCP', successThreshold: 1, failureThreshold: 3, timeoutSeconds: 1, periodSeconds: 10, scheme: 'HTTP', defaultMode: 420, apiVersion: 'v1', serviceAccount: null,
};
/** Of these the API's default hangs on the image's tag, or it is a sign of a restart. */
const PASSED_OVER = ['imagePullPolicy', 'serviceAccount', 'kubectl.kubernetes.io/restartedAt'];

/**
 * What an upgrade would take from the pods of an add-on of kubeadm's.
 *
 * @param workload As the API has it.
 * @throws Error where kubeadm printed none of the name.
 */
export function addonLosses(kind: string, name: string, workload: JsonObject, { wanted, plain }: AddonTexts): readonly Loss[] {
  const printed = templateOf(kind, name, wanted);
  return comparePods(name, { running: podOf(workload), wanted: printed, plain: plain === null ? printed : templateOf(kind, name, plain) }).losses;
}

function templateOf(kind: string, name: string, text: string): JsonObject {
  const read = readYaml(manifestsOf(text));
  if (!read.ok) throw new Error(`what kubeadm printed is not YAML: ${read.problem}`);
  for (const object of read.values) {
    if (isObject(object) && object['kind'] === kind && objectAt(object, 'metadata')['name'] === name) return podOf(object);
  }
  throw new Error(`kubeadm printed no ${kind} ${name}`);
}

/** Where patches are given kubeadm says so on standard output, and begins what it may have patched right behind the marker of a document. */
function manifestsOf(printed: string): string {
  return printed.replace(/^\[patches\].*$/gm, '').replace(/^---(?=\S)/gm, '---\n');
}

function podOf(workload: JsonObject): JsonObject {
  const { metadata, spec } = objectAt(objectAt(workload, 'spec'), 'template');
  return { metadata: withoutDefaults(metadata), spec: withoutDefaults(spec) };
}

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key, item]) => !PASSED_OVER.includes(key) && (!(key in DEFAULTS) || DEFAULTS[key] !== item)).map(([key, item]) => [key, withoutDefaults(item)]));
}
