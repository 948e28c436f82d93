import type { ApiObject, ClusterModel, StoreEvent } from '../../../simulator/model.ts';

/** What the API's own history shows of an upgrade, whatever the engine says of itself. */
export interface Watched {
  /** Most workers that were cordoned at the same moment. */
  readonly mostCordoned: () => number;
  /** Most control-plane nodes that were. */
  readonly mostCordonedControlPlanes: () => number;
  /** `cordoned` and `uncordoned` of each node, in order. */
  readonly cordons: (node: string) => readonly string[];
  /** Budgets that had fewer healthy pods than they ask for, with both numbers. */
  readonly brokenBudgets: () => readonly string[];
  readonly stop: () => void;
}

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

/** Looks at every event of the store from now on. All that is counted is counted anew from raw pods and nodes. */
export function watchModel(model: ClusterModel): Watched {
  const cordoned = new Set<string>();
  const history = new Map<string, string[]>();
  const broken: string[] = [];
  let most = 0;
  let mostControlPlanes = 0;

  function onNode({ metadata, spec }: ApiObject): void {
    const isCordoned = at(spec, 'unschedulable') === true;
    if (isCordoned === cordoned.has(metadata.name)) return;
    if (isCordoned) cordoned.add(metadata.name);
    else cordoned.delete(metadata.name);
    const own = history.get(metadata.name) ?? [];
    own.push(isCordoned ? 'cordoned' : 'uncordoned');
    history.set(metadata.name, own);
    const controlPlanes = [...cordoned].filter((name) => isControlPlane(model, name)).length;
    mostControlPlanes = Math.max(mostControlPlanes, controlPlanes);
    most = Math.max(most, cordoned.size - controlPlanes);
  }

  function onPod(pod: ApiObject): void {
    for (const budget of model.store.list('poddisruptionbudgets')) {
      if (budget.metadata.namespace !== pod.metadata.namespace || !fits(budget, pod)) continue;
      const pods = model.store.list('pods').filter((other) => other.metadata.namespace === budget.metadata.namespace && fits(budget, other));
      const healthy = pods.filter(isHealthy).length;
      const wanted = wantedOf(model, budget);
      if (healthy < wanted) broken.push(`${budget.metadata.name}: ${healthy} of ${wanted}`);
    }
  }

  const stop = model.store.subscribe(({ resource, type, object, previous }: StoreEvent) => {
    if (resource === 'nodes' && type !== 'DELETED') onNode(object);
    // Only a pod that ceases to be healthy can break a budget.
    if (resource === 'pods' && (type === 'DELETED' || !isHealthy(object)) && (previous === undefined || isHealthy(previous))) onPod(object);
  });
  return {
    mostCordoned: () => most, mostCordonedControlPlanes: () => mostControlPlanes,
    cordons: (node) => history.get(node) ?? [], brokenBudgets: () => [...new Set(broken)], stop,
  };
}

/** How many healthy pods a budget asks for, from the workload of its name. */
function wantedOf(model: ClusterModel, budget: ApiObject): number {
  const { namespace = null, name } = budget.metadata;
  const owner = model.store.get('deployments', namespace, name) ?? model.store.get('statefulsets', namespace, name);
  const replicas = Number(at(owner?.['spec'], 'replicas') ?? 0);
  const maxUnavailable = at(budget['spec'], 'maxUnavailable');
  if (typeof maxUnavailable === 'number') return replicas - maxUnavailable;
  const minAvailable = at(budget['spec'], 'minAvailable');
  return typeof minAvailable === 'number' ? minAvailable : Math.ceil((replicas * Number.parseFloat(String(minAvailable))) / 100);
}

function fits(budget: ApiObject, pod: ApiObject): boolean {
  const labels = at(budget['spec'], 'selector', 'matchLabels');
  if (typeof labels !== 'object' || labels === null) return false;
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

export function isReady({ status }: ApiObject): boolean {
  const conditions = at(status, 'conditions');
  return Array.isArray(conditions) && conditions.some((condition) => at(condition, 'type') === 'Ready' && at(condition, 'status') === 'True');
}

function isHealthy(pod: ApiObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && isReady(pod);
}

function isControlPlane(model: ClusterModel, name: string): boolean {
  return Object.hasOwn(model.store.get('nodes', null, name)?.metadata.labels ?? {}, CONTROL_PLANE);
}

export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined), value);
}
