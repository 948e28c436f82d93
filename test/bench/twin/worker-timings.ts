import type { Timings } from '../../../simulator/description.ts';
import { LAB_TIMINGS } from '../../../simulator/timings.ts';

/** The lab's times, but a control plane that takes none: for benchmarks of worker nodes. */
export function workerTimings(): Timings {
  const none = { meanMs: 0, variation: 0 };
  return { ...LAB_TIMINGS, kubeadmEtcd: none, kubeadmControlPlane: none, staticPodsReady: none, snapshot: none };
}
