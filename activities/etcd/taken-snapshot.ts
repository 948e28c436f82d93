/** Result line of the script snapshot-etcd. */
export interface TakenSnapshot {
  /** Path on the host. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly revision: number;
  readonly totalKeys: number;
  readonly hash: string;
  readonly takenAt: string;
  /** Revision of what the snapshot was restored to for trial; null where the host's disk had no room for that: then the SHA-256 that it ends in was compared. */
  readonly trialRevision: number | null;
}

/** Reads the result; null where it is none. `etcdutl snapshot status` names its fields alike in 3.5 and 3.6. */
export function parseTakenSnapshot(text: string): TakenSnapshot | null {
  const result = parse(text);
  const status = member(result, 'status');
  const [file, sha256, takenAt] = [member(result, 'file'), member(result, 'sha256'), member(result, 'takenAt')];
  const [bytes, revision, totalKeys] = [member(result, 'bytes'), member(status, 'revision'), member(status, 'totalKey')];
  if (typeof file !== 'string' || typeof sha256 !== 'string' || typeof takenAt !== 'string') return null;
  if (typeof bytes !== 'number' || typeof revision !== 'number' || typeof totalKeys !== 'number') return null;
  const trial = member(result, 'trial');
  const trialRevision = trial === null ? null : member(trial, 'revision');
  if (trialRevision !== null && typeof trialRevision !== 'number') return null;
  // A snapshot that nobody verified is none.
  if (trialRevision === null && member(result, 'verified') !== 'sum') return null;
  const hash = member(status, 'hash');
  return { file, sha256, takenAt, bytes, revision, totalKeys, trialRevision, hash: typeof hash === 'number' ? hash.toString(16) : typeof hash === 'string' ? hash : '' };
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
