/** What a fault needs for itself: `nothing` runs on the worker that all seeds share. */
export type Need = 'nothing' | 'worker' | 'server';

interface EffectKind {
  /** What happens, for people. Times are real ones; the twin's are sixty times as long. */
  readonly does: string;
  readonly needs: Need;
}

/** What may happen at a moment. */
export const EFFECTS = {
  'worker-killed': { needs: 'worker', does: 'The worker is killed with SIGKILL; another one starts within a second.' },
  'second-worker': { needs: 'worker', does: 'The worker freezes and a second one takes its steps over; 20 seconds later the first goes on and believes that it owns them.' },
  'clock-forward': { needs: 'worker', does: 'The worker\'s clock jumps an hour ahead.' },
  'clock-back': { needs: 'worker', does: 'The worker\'s clock jumps an hour back.' },
  'temporal-restarted': { needs: 'server', does: 'The Temporal server ends and starts again.' },
  'step-paused': { needs: 'worker', does: 'Somebody pauses the step in Temporal, by the command line or the Web UI, and unpauses it six seconds later.' },
  'step-reset': { needs: 'worker', does: 'Somebody resets the step in Temporal: it begins again at attempt 1, whatever runs.' },
  'workflow-paused': { needs: 'worker', does: 'Somebody pauses the workflow in Temporal, and unpauses it six seconds later.' },
  'host-clock-forward': { needs: 'nothing', does: 'The clocks of the hosts and of the API jump an hour ahead.' },
  'host-clock-back': { needs: 'nothing', does: 'They jump an hour back.' },
  'connection-cut': { needs: 'nothing', does: 'Every SSH connection to the host breaks without an exit status.' },
  'connection-ended': { needs: 'nothing', does: 'Every command over SSH ends with exit status 143, as when the login server is restarted; units run on.' },
  'host-silent': { needs: 'nothing', does: 'Every SSH connection breaks, and for two seconds new ones are refused.' },
  'host-rebooted': { needs: 'nothing', does: 'The host reboots and is away for two seconds.' },
  'unit-killed': { needs: 'nothing', does: 'Everything in the step\'s unit is killed.' },
  'package-manager-locked': { needs: 'nothing', does: 'Another program takes the package manager\'s lock for two seconds.' },
  'package-broken': { needs: 'nothing', does: 'The package cannot be unpacked, once.' },
  'disk-full': { needs: 'nothing', does: 'No room is left on the disk until somebody decides about the node.' },
  'kubeadm-fails': { needs: 'nothing', does: 'kubeadm ends with an error, once.' },
  'kubelet-crashes': { needs: 'nothing', does: 'The new kubelet ends right after its start until somebody decides about the node.' },
  'kubelet-never-ready': { needs: 'nothing', does: 'The new kubelet does not report Ready until somebody decides about the node.' },
  'kubelet-unready-again': { needs: 'nothing', does: 'The node says Ready, a moment later it does not for a second, and then it does.' },
  'budget-blocks': { needs: 'nothing', does: 'A budget covers a pod of the node and never allows its eviction until somebody decides about the node.' },
  'etcd-member-lost': { needs: 'nothing', does: 'The etcd member of another control-plane node is gone for four seconds.' },
  'etcd-leader-changes': { needs: 'nothing', does: 'For three seconds etcd\'s leader is another member five times a second.' },
  'api-gone': { needs: 'nothing', does: 'Every connection to the API breaks, and for two seconds new requests break too.' },
  'api-slow': { needs: 'nothing', does: 'For three seconds the API takes a second longer for each request.' },
  'api-5xx': { needs: 'nothing', does: 'For two seconds the API answers every other request with 500, 502, 503 or 504.' },
  'api-forgets': { needs: 'nothing', does: 'The API forgets its history: watches end with 410.' },
  'api-silent': { needs: 'nothing', does: 'Open watches say nothing any more, and for two seconds requests get no answer.' },
  'answer-lost': { needs: 'nothing', does: 'The API does what it was asked, and the connection breaks before its answer.' },
} as const satisfies Readonly<Record<string, EffectKind>>;
export type Effect = keyof typeof EFFECTS;
