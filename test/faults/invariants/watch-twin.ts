import { budgetOf } from '../../../simulator/api/kinds.ts';
import type { ApiObject, StoreEvent } from '../../../simulator/model.ts';
import type { Twin } from '../../../simulator/twin.ts';
import { isCordoned, isLeaving, isReady, kubeletVersionOf, nodeNameOf, taintsOf } from '../objects.ts';
import { evictedPod } from '../place/requests.ts';
import type { ApiRequest } from '../place/requests.ts';
import type { Cordon, EtcdState, HoldDecision, Limits, LooseningWord, RunningVersions, TwinEvent } from './events.ts';
import { INVARIANT_NAMES, INVARIANTS } from './invariants.ts';
import type { InvariantName } from './invariants.ts';
import { NOTHING_YET, remember } from './memory.ts';

export interface Violation {
  readonly invariant: InvariantName;
  readonly message: string;
}

/** Follows a twin and checks every invariant at every event. */
export interface TwinWatch {
  /** What was broken so far: each invariant with the first few of its messages. */
  readonly violations: readonly Violation[];
  /** An operator's decision on a held node, just before it is said. */
  decided(node: string, decision: HoldDecision, reason: string): void;
  /** Any other word that allows more than before, just before it is said. */
  said(word: LooseningWord): void;
  /** @param states What the report calls each node. */
  ended(state: string, reason: string, states: ReadonlyMap<string, string>): void;
  stop(): void;
}

const MOST_OF_ONE = 3;
/** Slow as it may be made, the API has answered by then: a pod that goes later was removed by the cluster itself. */
const ANSWERED_MS = 2_000;
const POD = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/;

type Without<T> = T extends unknown ? Omit<T, 'atMs' | 'etcd'> : never;

export function watchTwin(twin: Twin, limits: Limits): TwinWatch {
  const { model, hosts, journal, api, description } = twin;
  const violations: Violation[] = [];
  /** Pods whose removal the engine asked for, and when. */
  const asked = new Map<string, number>();
  let memory = NOTHING_YET;

  function see(partial: Without<TwinEvent>): void {
    const event: TwinEvent = { ...partial, atMs: performance.now(), etcd: etcdOf(twin) };
    for (const invariant of INVARIANT_NAMES) {
      const message = INVARIANTS[invariant].check(event, memory, limits);
      if (message !== null && violations.filter((known) => known.invariant === invariant).length < MOST_OF_ONE) violations.push({ invariant, message });
    }
    memory = remember(memory, event);
  }

  function onStore(event: StoreEvent): void {
    const { resource, type, object } = event;
    if (resource === 'nodes' && type !== 'DELETED') see({ kind: 'node', node: object.metadata.name, cordon: cordonOf(object), isTainted: taintsOf(object).some((key) => key.startsWith('capstan.dev/')) });
    if (resource === 'leases' && object.metadata.name === 'capstan-upgrade') see({ kind: 'lease', isHeld: type !== 'DELETED' });
    // What the snapshot does not have was removed by nobody.
    if (resource === 'pods' && event.restored !== true) onPod(event);
  }

  /** Only a healthy pod that the engine has removed can break a budget by our hand. */
  function onPod({ type, object, previous }: StoreEvent): void {
    const before = previous ?? object;
    const leaves = type === 'DELETED' ? !isLeaving(before) : isLeaving(object) && !isLeaving(before);
    const name = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const askedMs = asked.get(name);
    if (!leaves || askedMs === undefined || performance.now() - askedMs > ANSWERED_MS || !isReady(before)) return;
    for (const budget of model.store.list('poddisruptionbudgets')) {
      if (budget.metadata.namespace !== object.metadata.namespace || !isGuarded(budget, object)) continue;
      const wanted = budgetOf(budget).status?.desiredHealthy;
      if (wanted === undefined) continue;
      const healthy = model.store.list('pods').filter((pod) => pod.metadata.namespace === object.metadata.namespace && isGuarded(budget, pod) && isReady(pod) && !isLeaving(pod)).length;
      see({ kind: 'removal', pod: name, node: nodeNameOf(before), budget: budget.metadata.name, healthy, wanted });
    }
  }

  function onRequest(request: ApiRequest): null {
    const evicted = evictedPod(request);
    if (evicted !== null) asked.set(`${evicted.namespace}/${evicted.name}`, performance.now());
    const deleted = request.method === 'DELETE' ? POD.exec(request.path) : null;
    if (deleted !== null) asked.set(`${deleted[1] ?? ''}/${deleted[2] ?? ''}`, performance.now());
    return null;
  }

  const former = new Map(model.store.list('nodes').map((node) => [node.metadata.name, kubeletVersionOf(node)]));
  for (const node of model.store.list('nodes')) see({ kind: 'node', node: node.metadata.name, cordon: cordonOf(node), isTainted: false });
  const stops = [
    api.intercept(onRequest),
    model.store.subscribe(onStore),
    journal.subscribe(({ node, effect, detail }) => see({ kind: 'effect', node, effect, detail, versions: versionsOf(twin) })),
    hosts.onStep(({ node, step, moment, intent, retry }) => see({ kind: 'step', node, step, moment, intent, retry })),
  ];
  return {
    violations,
    said: (word) => see({ kind: 'word', word }),
    decided: (node, decision, reason) => see({ kind: 'decision', node, decision, reason }),
    ended: (state, reason, states) => see({
      kind: 'ended', state, reason, target: description.target, units: description.nodes.flatMap(({ name }) => hosts.host(name).units()),
      nodes: model.store.list('nodes').map((node) => ({
        name: node.metadata.name, kubelet: kubeletVersionOf(node), former: former.get(node.metadata.name) ?? '', isReady: isReady(node), state: states.get(node.metadata.name) ?? '',
      })),
    }),
    stop: () => { for (const stop of stops) stop(); },
  };
}

function cordonOf(node: ApiObject): Cordon {
  if (!isCordoned(node)) return null;
  return node.metadata.annotations?.['capstan.dev/cordoned-by'] === undefined ? 'person' : 'ours';
}

function etcdOf({ hosts: { etcd } }: Twin): EtcdState {
  return { members: etcd.members.map(({ name, running, learner }) => ({ node: name, running, learner })), alarms: etcd.alarms.length, leader: etcd.leader()?.name ?? null };
}

function versionsOf({ description, hosts }: Twin): RunningVersions {
  const machines = description.nodes.map(({ name, role }) => ({ role, machine: hosts.host(name).machine }));
  return {
    kubelets: Object.fromEntries(machines.map(({ machine }) => [machine.node.name, machine.kubelet.version])),
    apiServers: Object.fromEntries(machines.flatMap(({ role, machine }) => (role === 'control-plane' ? [[machine.node.name, machine.apiServer.version]] : []))),
  };
}

function isGuarded(budget: ApiObject, pod: ApiObject): boolean {
  const labels = Object.entries(budgetOf(budget).spec.selector?.matchLabels ?? {});
  return labels.length > 0 && labels.every(([key, value]) => pod.metadata.labels?.[key] === value);
}
