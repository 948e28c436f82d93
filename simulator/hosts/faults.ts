/** What takes time on a host, and may go wrong there. */
export const HOST_OPERATIONS = [
  'read package lists', 'fetch packages', 'pull image', 'install packages', 'kubeadm upgrade', 'replace etcd member', 'restart kubelet', 'stop kubelet', 'snapshot etcd', 'restore snapshot', 'copy files',
] as const;

export type HostOperation = (typeof HOST_OPERATIONS)[number];

/** What happens to an operation instead of, or besides, itself. */
export type HostEffect =
  /** It takes so many times as long. */
  | { readonly kind: 'slow'; readonly factor: number }
  /** It ends without any effect, with this on standard error. */
  | { readonly kind: 'fail'; readonly exitCode: number; readonly message: string }
  /** It says this, waits so many ms of the twin's time, and then goes on as if nothing had been: such as for a lock. */
  | { readonly kind: 'wait'; readonly ms: number; readonly message: string }
  /** In the middle of it every connection to the host breaks; it goes on. */
  | { readonly kind: 'cut' }
  /** In the middle of it everything in its unit, or of its command, is killed. */
  | { readonly kind: 'kill' }
  /** In the middle of it the host goes down, and comes back after so many ms of the twin's time. */
  | { readonly kind: 'reboot'; readonly downMs: number };

export interface HostFault {
  readonly operation: HostOperation;
  /** Which time the host does it, from 1; every time where it is left out. */
  readonly occurrence?: number;
  /** The last time that it happens, where it is not once only. */
  readonly lastOccurrence?: number;
  readonly effect: HostEffect;
  /** True: it happens the first time that it can, and never again. */
  readonly once?: boolean;
  /** Called when it happens: in the operation's middle, at its beginning for `wait`. */
  readonly onHit?: () => void;
}
