/**
 * The one table of failures. `permanent` is true only where a second try is proven
 * to meet the same end; everything else is retried by Temporal.
 */
export const FAILURES = {
  /** The spec breaks a rule that the schema or the planner knows. */
  SpecInvalid: { permanent: true },
  /** A file named by the spec is not where the worker looked. */
  FileMissing: { permanent: true },
  /** The plan breaks the version skew policy, skips a minor or goes back. Never waivable. */
  PlanRefused: { permanent: true },
  /** The cluster is no longer what the approved plan was made from. */
  ClusterMoved: { permanent: true },
  /** A file is no longer what the approved plan was made with. */
  FileMoved: { permanent: true },
  /** A preflight check blocks. */
  PreflightBlocked: { permanent: true },
  /** Another upgrade holds this cluster. */
  ClusterLocked: { permanent: true },
  /** The Kubernetes API did not answer, or answered with a server error. */
  ApiUnreachable: { permanent: false },
  /** The Kubernetes API refuses these credentials or this verb. */
  ApiForbidden: { permanent: true },
  /** The kubeconfig's credentials cannot be used as they are: a program that is not there, a token that no header can carry, a damaged key. */
  CredentialsUnusable: { permanent: true },
  /** The program that gives the kubeconfig's credentials failed, or took too long. */
  CredentialsFailed: { permanent: false },
  /** The host did not answer over SSH, or the connection broke. */
  HostUnreachable: { permanent: false },
  /** The host's key is not the one in known_hosts. */
  HostKeyMismatch: { permanent: true },
  /** The host or bastion refused the user and key. */
  SshAuthenticationFailed: { permanent: true },
  /** The host at the node's address is not the machine of the node, or nothing proves that it is: no command ran there. */
  HostIsNotNode: { permanent: true },
  /** sudo asks for a password or refuses. */
  SudoRefused: { permanent: true },
  /** A host step ended with an exit code other than 0. */
  HostStepFailed: { permanent: true },
  /** A host step was cut off and its probe cannot tell what it did. */
  StepUnknown: { permanent: true },
  /** A later attempt, rollback or restore owns this host step. */
  Superseded: { permanent: true },
  /** A component config needs a manual upgrade that the spec does not give. */
  ComponentConfigManual: { permanent: true },
  /** The snapshot's status or hash does not hold. */
  SnapshotInvalid: { permanent: true },
  /** A gate did not open in its time. */
  GateTimeout: { permanent: true },
  /** Pods were still there when the drain's time was over. */
  DrainTimeout: { permanent: true },
  /** The node was not Ready at its version in time. */
  NodeNotReady: { permanent: true },
  /** An add-on did not roll out. */
  AddonFailed: { permanent: true },
  /** What a person decided cannot be done now, or is not what the message may hold. */
  DecisionRefused: { permanent: true },
  /** Something that should not happen; retried, and shown. */
  Unexpected: { permanent: false },
} as const satisfies Record<string, { readonly permanent: boolean }>;

export type FailureType = keyof typeof FAILURES;

/** What people and the report see of a failure: plain JSON, without stack. */
export interface Failure {
  readonly type: FailureType;
  /** What happened, where, and why: one or a few lines. */
  readonly message: string;
  /** What to do next, usually a command. */
  readonly next?: string;
  /** Path in the spec that it is about, such as `spec.pools[0].maxUnavailable`; `message` begins with it too. */
  readonly path?: string;
}
