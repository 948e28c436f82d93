import type { MachineIds } from '../../workflows/domain/node-identity.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';

/** Where a host is. `name` is the node's name, for messages; the rest is how SSH reaches it. */
export interface HostAddress {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What the host must be before any command runs on it; absent only where there is no plan to say it, and then nothing is changed there. */
  readonly machine?: MachineIds;
}

/** A script file of `activities/hosts/scripts/`, read once at start-up. */
export interface HostScript {
  /** File name without `.sh`: part of messages. */
  readonly name: string;
  readonly text: string;
}

/** Result of a read-only script. */
export interface ProbeResult {
  readonly exitCode: number;
  /** At most 256 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

/** `UpgradeRef.id`, `PlannedNode.name` and a step name: the folder `/var/lib/capstan/<upgrade>/<node>/<step>/`. */
export interface StepKey {
  readonly upgrade: string;
  readonly node: string;
  readonly step: string;
}

export type StepState = 'absent' | 'running' | 'finished' | 'interrupted';

/** A step as one attempt of an activity asks for it. */
export interface ClaimedStep extends StepKey {
  /** See `NodeStepInput.retry`. */
  readonly retry: number;
  /** A caller whose token is lower than the one recorded on the host is refused with the failure `Superseded`. */
  readonly fence: FenceToken;
}

/**
 * Which of two callers is the later one, by the first part in which they differ. What is a count comes before what is a clock: a
 * server whose clock was ahead, or two that are not quite of one time, would lock a step out. Absent parts are 0.
 */
export interface FenceToken {
  /** Count of the tries at this node, kept by the upgrade: a rollback or a retry has a higher one than what it follows. */
  readonly turn?: number;
  /** When the calling workflow run began, the same for all its activities. */
  readonly epochMs: number;
  /** Place of the activity in that run: a later activity begins again at attempt 1. */
  readonly order?: number;
  readonly attempt: number;
  /** When this attempt was scheduled: a person may have Temporal count attempts from 1 again. */
  readonly attemptMs?: number;
}

/** A durable host step: what runs, for which intent. */
export interface DurableStep extends ClaimedStep {
  readonly script: HostScript;
  readonly args: readonly string[];
  /** Start a new recorded intent after this interrupted one; absent where none was interrupted. */
  readonly after?: number;
}

export type DurableOutcome =
  | {
      readonly kind: 'finished';
      readonly intent: number;
      readonly exitCode: number;
      /** In which the unit ran, by the host's own count since its boot. */
      readonly seconds: number;
      /** Last 8 KiB of the output. */
      readonly tail: string;
      /** True where this call started the unit; false where it attached to it or found its result. */
      readonly started: boolean;
    }
  /** The unit is gone (reboot, crash) and left no result: probe, then complete or call again with `after: intent`. */
  | { readonly kind: 'interrupted'; readonly intent: number; readonly tail: string };

export interface RunOptions {
  /** Abandons the waiting, never the unit. */
  readonly signal?: AbortSignal;
  /** Called with new output, decoded UTF-8, any size: as it comes; of a step that ends within a second at its end, with the last 8 KiB. */
  readonly onOutput?: (text: string) => void;
}

/** A file of the worker's machine, which need not fit into memory. */
export interface LocalFile {
  readonly file: string;
  /** What arrives must have it. */
  readonly sha256: string;
}

/**
 * The hosts of one cluster, over whatever transport reaches them. Everything runs as root there.
 *
 * Failures (as `stepError`s, see `activities/step-error.ts`): HostUnreachable, HostKeyMismatch, SshAuthenticationFailed,
 * SudoRefused, HostIsNotNode, FileMissing, Superseded. A connection that breaks in the middle is HostUnreachable: the result is unknown,
 * and calling again attaches to what runs or finds what it left.
 */
export interface Hosts {
  /** Runs a read-only script and waits for it. Safe to repeat. `timeoutMs` defaults to 60 s. */
  probe(host: HostAddress, script: HostScript, args: readonly string[], options?: RunOptions & { readonly timeoutMs?: number }): Promise<ProbeResult>;
  /** Starts the step's unit where its intent is absent, attaches to it where it runs, returns its result where it ended. */
  runStep(host: HostAddress, step: DurableStep, options?: RunOptions): Promise<DurableOutcome>;
  /**
   * What `runStep` would meet: `absent` also where only an intent with a lower `retry` has ended. From now on a lower fence token
   * is refused, so that what is looked at after this call still holds when the step begins.
   */
  claimStep(host: HostAddress, step: ClaimedStep): Promise<StepState>;
  /** Whole output of the step's newest intent. Null where the step never ran. */
  readOutput(host: HostAddress, step: StepKey): Promise<string | null>;
  /** Copies a root-owned file to a local one (mode 0600, written under a temporary name, then renamed); SHA-256 of what was written. */
  download(host: HostAddress, remotePath: string, localPath: string, options?: RunOptions): Promise<{ readonly sha256: string; readonly bytes: number }>;
  /** Puts bytes, or a file of the worker's, into a root-owned file (mode 0600, renamed last). */
  upload(host: HostAddress, remotePath: string, content: Uint8Array | LocalFile): Promise<void>;
}

/** Opens the hosts of a cluster. Connections are pooled per worker process and keyed by access and address. */
export type OpenHosts = (access: AccessSpec) => Promise<Hosts>;
