import { withCondition } from '../../../simulator/api/conditions.ts';
import { nodeOf } from '../../../simulator/api/kinds.ts';
import { startMember, stopMember } from '../../../simulator/hosts/control-plane.ts';
import { kubeletVersionOf } from '../objects.ts';
import { later } from './scene.ts';
import type { Scene } from './scene.ts';

const LOST_MS = 4_000;
const LEADER_EVERY_MS = 200;
const LEADER_CHANGES = 15;
const UNREADY_MS = 1_000;

/** The member of another node stops, and runs again four seconds later. */
export function etcdMemberLost(scene: Scene, node: string): void {
  const { twin: { hosts }, random } = scene;
  const others = hosts.etcd.members.filter(({ name }) => name !== node);
  const lost = others[random.below(others.length)];
  if (lost === undefined) throw new Error(`${node} has the only etcd member`);
  const { machine } = hosts.host(lost.name);
  hosts.etcd.stop(lost.name);
  stopMember(machine);
  later(scene, LOST_MS, () => {
    // A host that is down starts it itself when it is back.
    if (lost.running || machine.isDown) return;
    startMember(machine);
    hosts.etcd.start(lost.name, lost.version);
  });
}

export function etcdLeaderChanges(scene: Scene): void {
  const { etcd } = scene.twin.hosts;
  let left = LEADER_CHANGES;
  function change(): void {
    const leader = etcd.leader();
    const able = etcd.members.filter((member) => member.running && !member.learner && member !== leader);
    const next = able[scene.random.below(Math.max(1, able.length))];
    if (leader !== null && next !== undefined) etcd.moveLeader(leader.name, next.id);
    left -= 1;
    if (left > 0) later(scene, LEADER_EVERY_MS, change);
  }
  change();
}

/** A kubelet that was kept from Ready is started again when somebody decides. */
export function kubeletNeverReady({ twin: { model, unready }, untilDecided }: Scene, node: string): void {
  unready.add(node);
  untilDecided(node, () => {
    unready.delete(node);
    const present = model.store.get('nodes', null, node);
    if (present !== null && model.kubelets.isRunning(node)) model.kubelets.start(node, kubeletVersionOf(present));
  });
}

export function kubeletUnreadyAgain(scene: Scene, node: string): void {
  setReady(scene, node, 'False');
  later(scene, UNREADY_MS, () => { setReady(scene, node, 'True'); });
}

function setReady({ twin: { model, clock } }: Scene, node: string, status: 'True' | 'False'): void {
  const reason = status === 'True' ? 'KubeletReady' : 'KubeletNotReady';
  model.store.update('nodes', null, node, (object) => {
    const present = nodeOf(object);
    const conditions = withCondition(present.status?.conditions ?? [], { type: 'Ready', status, reason, message: 'container runtime is down' }, clock.now());
    return { ...present, status: { ...present.status, conditions } };
  });
}
