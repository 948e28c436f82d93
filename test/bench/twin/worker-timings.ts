import type { Timings } from '../../../simulator/description.ts';
import { LAB_TIMINGS } from '../../../simulator/timings.ts';

/** The lab's times, but a control plane and downloads that take none: for benchmarks of what happens to a worker from its cordon on. */
export function workerTimings(): Timings {
  const none = { meanMs: 0, variation: 0 };
  return {
    ...LAB_TIMINGS,
    // kube-proxy is rolled out node by node before the first worker: pods that start and end soon keep that short.
    startPod: { meanMs: 1_000, variation: 0.5 }, stopPodPart: { meanMs: 0.1, variation: 0.3 },
    fetchPackages: none, pullImage: none, kubeadmEtcd: none, kubeadmControlPlane: none, staticPodsReady: none, snapshot: none,
  };
}
