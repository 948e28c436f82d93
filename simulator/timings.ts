import type { Timing, Timings } from './description.ts';

/**
 * What takes time where nothing better is known: what was measured on the lab (docs/lab.md, docs/control-plane-upgrade.md),
 * three control-plane nodes and two workers on one machine. A cluster with a slow mirror, a registry far away or large pods
 * takes longer; `capstan rehearse` says which of these it used.
 */
export const LAB_TIMINGS: Timings = {
  fetchPackages: { meanMs: 3_000, variation: 0.4 },
  // 480 MB of seven images in 20 s.
  pullImage: { meanMs: 2_900, variation: 0.4 },
  installPackages: { meanMs: 1_000, variation: 0.3 },
  // kubeadm in all, with what is done beside it: 53 s, 74 s and 90 s.
  kubeadmEtcd: { meanMs: 25_000, variation: 0.3 },
  kubeadmControlPlane: { meanMs: 47_000, variation: 0.25 },
  // 0.3 s in the lab, 4 s where kubeadm's own checks were cold.
  kubeadmWorker: { meanMs: 2_000, variation: 0.5 },
  restartKubelet: { meanMs: 700, variation: 0.3 },
  nodeReady: { meanMs: 1_500, variation: 0.5 },
  staticPodsReady: { meanMs: 17_000, variation: 0.15 },
  startPod: { meanMs: 3_000, variation: 0.5 },
  // A preStop of 5 s and a quick end, of a grace period of 30 s.
  stopPodPart: { meanMs: 0.2, variation: 0.3 },
  snapshot: { meanMs: 1_500, variation: 0.3 },
};

/** Timings in which nothing takes time: for tests and measurements of the engine alone. */
export const NO_TIME: Timings = mapTimings(LAB_TIMINGS, () => ({ meanMs: 0, variation: 0 }));

/** The same timings, all of them longer or shorter by a factor; a part of a grace period is no duration and stays. */
export function scaleTimings(timings: Timings, factor: number): Timings {
  return { ...mapTimings(timings, ({ meanMs, variation }) => ({ meanMs: meanMs * factor, variation })), stopPodPart: timings.stopPodPart };
}

function mapTimings(timings: Timings, change: (timing: Timing) => Timing): Timings {
  return {
    fetchPackages: change(timings.fetchPackages),
    pullImage: change(timings.pullImage),
    installPackages: change(timings.installPackages),
    kubeadmEtcd: change(timings.kubeadmEtcd),
    kubeadmControlPlane: change(timings.kubeadmControlPlane),
    kubeadmWorker: change(timings.kubeadmWorker),
    restartKubelet: change(timings.restartKubelet),
    nodeReady: change(timings.nodeReady),
    staticPodsReady: change(timings.staticPodsReady),
    startPod: change(timings.startPod),
    stopPodPart: change(timings.stopPodPart),
    snapshot: change(timings.snapshot),
  };
}
