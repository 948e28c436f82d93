import { blockEvictions } from '../../../simulator/run-faults.ts';
import { nodeWorkflowId, restoreWorkflowId, upgradeWorkflowId } from '../../../workflows/messages.ts';
import type { Effect } from '../catalogue/effects.ts';
import { apiEffect } from './effects-of-api.ts';
import { etcdLeaderChanges, etcdMemberLost, kubeletNeverReady, kubeletUnreadyAgain } from './effects-of-cluster.ts';
import type { Happening } from './on-moment.ts';
import { later } from './scene.ts';
import type { Scene } from './scene.ts';

const HOUR_MS = 3_600_000;
const FROZEN_MS = 20_000;
const AWAY_MS = 2_000;
/** Of a command whose shell was ended by SIGTERM. */
const TERMINATED = 143;
const SMALL_KIB = 1024;

/** Lets a fault happen now. `node` is where; null for a fault of the engine or the API. */
export function happen(effect: Effect, scene: Scene, happening: Happening): void {
  const { engine, twin } = scene;
  switch (effect) {
    case 'worker-killed': return engine.killWorker(scene.times.workerStarted);
    case 'second-worker': return engine.freezeWorker(FROZEN_MS);
    case 'clock-forward': return engine.jumpClock(HOUR_MS);
    case 'clock-back': return engine.jumpClock(-HOUR_MS);
    case 'temporal-restarted': return engine.restartServer();
    case 'step-paused': return engine.control('pause-steps', workflowsAt(scene, happening));
    case 'step-reset': return engine.control('reset-steps', workflowsAt(scene, happening));
    case 'workflow-paused': return engine.control('pause-workflow', workflowsAt(scene, happening));
    case 'host-clock-forward': return twin.clock.jump(HOUR_MS);
    case 'host-clock-back': return twin.clock.jump(-HOUR_MS);
    case 'etcd-leader-changes': return etcdLeaderChanges(scene);
    case 'answer-lost': case 'api-gone': case 'api-slow': case 'api-5xx': case 'api-forgets': case 'api-silent': return apiEffect(effect, scene, happening);
    case 'connection-cut': case 'connection-ended': case 'host-silent': case 'host-rebooted': case 'package-manager-locked': case 'disk-full':
    case 'kubelet-crashes': case 'kubelet-never-ready': case 'kubelet-unready-again': case 'budget-blocks': case 'etcd-member-lost':
    case 'unit-killed': case 'package-broken': case 'kubeadm-fails':
      return onNode(effect, scene, happening);
  }
}

/** Who may run the step, the nearest first: nodes are staged by the upgrade itself, and taken back with all others by a restore. */
function workflowsAt({ cluster }: Scene, { node }: Happening): readonly string[] {
  return [...(node === null ? [] : [nodeWorkflowId(cluster, node)]), restoreWorkflowId(cluster), upgradeWorkflowId(cluster)];
}

type NodeEffect = Extract<Effect, 'connection-cut' | 'connection-ended' | 'host-silent' | 'host-rebooted' | 'package-manager-locked' | 'disk-full' | 'kubelet-crashes'
  | 'kubelet-never-ready' | 'kubelet-unready-again' | 'budget-blocks' | 'etcd-member-lost' | 'unit-killed' | 'package-broken' | 'kubeadm-fails'>;

function onNode(effect: NodeEffect, scene: Scene, { node, lose }: Happening): void {
  if (node === null) throw new Error(`the fault ${effect} needs a node`);
  const { twin, untilDecided } = scene;
  const host = twin.hosts.host(node);
  switch (effect) {
    case 'connection-cut':
      host.cutConnections();
      scene.times.returned(node);
      return lose();
    case 'connection-ended':
      host.endCommands(TERMINATED);
      return scene.times.returned(node);
    case 'host-silent':
      host.setReachable('refused');
      host.cutConnections();
      later(scene, AWAY_MS, () => {
        host.setReachable('up');
        scene.times.returned(node);
      });
      return lose();
    case 'host-rebooted':
      host.reboot(AWAY_MS * scene.speed);
      return lose();
    case 'package-manager-locked': {
      const release = host.lockPackages('unattended-upgr');
      return later(scene, AWAY_MS, release);
    }
    case 'disk-full': {
      const { freeKib } = host.machine.disk;
      host.setFreeDiskKib(SMALL_KIB);
      return untilDecided(node, () => { host.setFreeDiskKib(freeKib); });
    }
    case 'kubelet-crashes':
      host.crashKubelet('failed to parse kubelet flag: unknown flag: --pod-infra-container-image');
      return untilDecided(node, () => { host.crashKubelet(null); });
    case 'kubelet-never-ready': return kubeletNeverReady(scene, node);
    case 'kubelet-unready-again': return kubeletUnreadyAgain(scene, node);
    case 'budget-blocks': return untilDecided(node, blockEvictions(twin.model, node));
    case 'etcd-member-lost': return etcdMemberLost(scene, node);
    case 'unit-killed': case 'package-broken': case 'kubeadm-fails':
      throw new Error(`the fault ${effect} is one of an operation, not of a moment`);
  }
}
