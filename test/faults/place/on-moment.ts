import type { Interception } from '../../../simulator/api/serve.ts';
import { GENERATED_TARGET } from '../../../simulator/generate.ts';
import type { ProbeEvent } from '../../../simulator/hosts/probes.ts';
import type { StepEvent } from '../../../simulator/hosts/steps.ts';
import type { ApiObject, StoreEvent } from '../../../simulator/model.ts';
import type { Twin } from '../../../simulator/twin.ts';
import { isCordoned, isMovable, kubeletVersionOf, nodeNameOf, taintsOf } from '../objects.ts';
import { partOf, stepOf, STEPS } from '../catalogue/moments.ts';
import type { Moment } from '../catalogue/moments.ts';
import { requestSign } from './requests.ts';
import type { Undo } from './scene.ts';

/** A moment that has come. */
export interface Happening {
  /** Where; null for a step of the cluster as a whole. */
  readonly node: string | null;
  /** Of a host step that is asked for: the request never arrives. */
  readonly lose: () => void;
  /** Of a request to the API: this instead of, or besides, its answer. */
  readonly answer: (interception: Interception) => void;
}

const LEASE = 'capstan-upgrade';
const PENDING = 'capstan.dev/pending-upgrade';
const nothing = (): undefined => undefined;

/** Calls back once, at once, when the twin shows that the moment has come; `node` null takes the first node where it does. */
export function onMoment(twin: Twin, moment: Moment, node: string | null, callback: (happening: Happening) => void): Undo {
  const sign = requestSign(moment, node, twin);
  if (sign !== null) return onRequest(twin, sign, node, callback);
  if (moment === 'upgradeEtcdMember.after') return onJournal(twin, 'etcd member replaced', node, nothing, callback);
  if (moment === 'waitNodeReady.during') return onJournal(twin, 'ready', node, (name) => isUpgraded(twin, name), callback);
  const probe = PROBES[moment];
  if (probe !== undefined) return onProbe(twin, probe, callback);
  const { host } = STEPS[stepOf(moment)];
  return host === null ? onStore(twin, moment, node, callback) : onStep(twin, moment, host.step, node, callback);
}

function onRequest(twin: Twin, sign: NonNullable<ReturnType<typeof requestSign>>, node: string | null, callback: (happening: Happening) => void): Undo {
  const end = twin.api.intercept((request) => {
    if (!sign(request)) return null;
    end();
    let interception: Interception | null = null;
    callback({ node, lose: nothing, answer: (given) => { interception = given; } });
    return interception;
  });
  return end;
}

function onStep(twin: Twin, moment: Moment, step: string, node: string | null, callback: (happening: Happening) => void): Undo {
  const wanted: StepEvent['moment'] = partOf(moment) === 'before' ? 'asked' : 'finished';
  const end = twin.hosts.onStep((event, lose) => {
    if (event.moment !== wanted || event.step !== step || (node !== null && event.node !== node)) return;
    // kubeadm's run on a control-plane node is asked for twice: by the step that waits for the member, and by the one that waits for its end.
    if (moment === 'upgradeControlPlane.before' && !isMemberReplaced(twin, event.node)) return;
    end();
    callback({ node: event.node, lose, answer: nothing });
  });
  return end;
}

interface ProbeSign {
  readonly script: ProbeEvent['script'];
  readonly moment: ProbeEvent['moment'];
  /** Scripts are asked for by more than one step. */
  readonly also: (twin: Twin) => boolean;
}

/** Moments that show in scripts that only read. */
const PROBES: Partial<Record<Moment, ProbeSign>> = {
  'runPreflight.before': { script: 'checkHost', moment: 'asked', also: isLocked },
  'runPreflight.during': { script: 'listImages', moment: 'asked', also: isLocked },
  'runPreflight.after': { script: 'readEtcd', moment: 'answered', also: (twin) => isLocked(twin) && !happened(twin, 'etcd snapshot taken') },
  'observeEtcd.during': { script: 'readEtcd', moment: 'asked', also: (twin) => twin.description.nodes.every(({ name }) => twin.journal.of(name).some(({ effect }) => effect === 'packages fetched')) },
  'planRestore.during': { script: 'checkRestore', moment: 'asked', also: () => true },
};

/** Where it happens does not matter: the step is one of the cluster as a whole. */
function onProbe(twin: Twin, { script, moment, also }: ProbeSign, callback: (happening: Happening) => void): Undo {
  const end = twin.hosts.onProbe((event) => {
    if (event.script !== script || event.moment !== moment || !also(twin)) return;
    end();
    callback({ node: null, lose: nothing, answer: nothing });
  });
  return end;
}

function isLocked({ model }: Twin): boolean {
  return model.store.get('leases', 'kube-system', LEASE) !== null;
}

function happened({ journal }: Twin, effect: string): boolean {
  return journal.all().some((entry) => entry.effect === effect);
}

function onJournal(twin: Twin, effect: string, node: string | null, also: (node: string) => boolean | undefined, callback: (happening: Happening) => void): Undo {
  const end = twin.journal.subscribe((entry) => {
    if (entry.effect !== effect || (node !== null && entry.node !== node) || also(entry.node) === false) return;
    end();
    callback({ node: entry.node, lose: nothing, answer: nothing });
  });
  return end;
}

function onStore(twin: Twin, moment: Moment, node: string | null, callback: (happening: Happening) => void): Undo {
  const end = twin.model.store.subscribe((event) => {
    if (!isSign(twin, moment, node, event)) return;
    end();
    callback({ node, lose: nothing, answer: nothing });
  });
  return end;
}

function isSign(twin: Twin, moment: Moment, node: string | null, { resource, type, object, previous }: StoreEvent): boolean {
  switch (moment) {
    case 'acquireLease.after': return resource === 'leases' && type === 'ADDED' && object.metadata.name === LEASE;
    case 'releaseLease.after': return resource === 'leases' && type === 'DELETED' && object.metadata.name === LEASE;
    case 'taintNodes.after': return resource === 'nodes' && taintsOf(object).includes(PENDING);
    case 'releaseTaints.after': return resource === 'nodes' && !isCordoned(object) && previous !== undefined && taintsOf(previous).includes(PENDING) && !taintsOf(object).includes(PENDING);
    case 'cordonNode.after': return isNode(resource, object, node) && isCordoned(object);
    case 'drainNode.after': return (isNode(resource, object, node) || (resource === 'pods' && nodeNameOf(object) === node)) && isDrained(twin, node);
    case 'uncordonNode.after': return isNode(resource, object, node) && !isCordoned(object) && previous !== undefined && isCordoned(previous);
    default: throw new Error(`nothing shows the moment ${moment}`);
  }
}

function isNode(resource: string, { metadata }: ApiObject, node: string | null): boolean {
  return resource === 'nodes' && metadata.name === node;
}

function isDrained({ model: { store } }: Twin, node: string | null): boolean {
  const found = node === null ? null : store.get('nodes', null, node);
  if (found === null || !isCordoned(found) || kubeletVersionOf(found) === GENERATED_TARGET) return false;
  return !store.list('pods').some((pod) => nodeNameOf(pod) === node && isMovable(pod));
}

function isUpgraded({ model }: Twin, node: string): boolean {
  const found = model.store.get('nodes', null, node);
  return found !== null && kubeletVersionOf(found) === GENERATED_TARGET;
}

function isMemberReplaced({ journal }: Twin, node: string): boolean {
  return journal.of(node).some(({ effect }) => effect === 'etcd member replaced');
}
