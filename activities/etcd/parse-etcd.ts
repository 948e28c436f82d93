import type { EtcdMemberObservation, EtcdObservation } from '../../workflows/domain/observation.ts';

/** Documents of `etcdctl -w json`, of 3.5 or 3.6, by the names that the script read-etcd gives them. */
export type EtcdDocuments = Readonly<Record<'members' | 'status' | 'health' | 'alarms', unknown>>;

type Json = Readonly<Record<string, unknown>>;

/** Lines `NAME JSON` of the script read-etcd; a document that could not be read is null. */
export function parseEtcdDocuments(text: string): EtcdDocuments {
  const documents: Record<string, unknown> = { members: null, status: null, health: null, alarms: null };
  for (const line of text.split('\n')) {
    const name = /^[a-z]+(?= )/.exec(line)?.[0];
    if (name !== undefined && name in documents) documents[name] = parseJson(line.slice(name.length + 1));
  }
  return { members: documents['members'], status: documents['status'], health: documents['health'], alarms: documents['alarms'] };
}

/** The members as they say themselves; null where no list of members could be read. */
export function etcdObservation(documents: EtcdDocuments): EtcdObservation | null {
  const members = listOf(documents.members, 'members');
  if (members.length === 0) return null;
  const statuses = rows(documents.status);
  const healths = rows(documents.health);
  const alarms = listOf(documents.alarms, 'alarms');
  return {
    kind: 'stacked',
    members: members.map((member) => memberObservation(member, statuses, healths)),
    alarms: documents.alarms === null ? ['unknown: the alarms could not be read'] : alarms.map((alarm) => `${alarmName(alarm['alarm'])} (member ${hexId(alarm['memberID'])})`),
  };
}

function memberObservation(member: Json, statuses: readonly Json[], healths: readonly Json[]): EtcdMemberObservation {
  const urls = Array.isArray(member['clientURLs']) ? member['clientURLs'].map(String) : [];
  const id = hexId(member['ID']);
  const status = object(statuses.find((row) => urls.includes(String(row['Endpoint'])))?.['Status']);
  const name = typeof member['name'] === 'string' ? member['name'] : '';
  return {
    id,
    name,
    // kubeadm names a member like its node.
    node: name,
    version: typeof status['version'] === 'string' ? status['version'] : '',
    leader: status['leader'] !== undefined && hexId(status['leader']) === id,
    learner: member['isLearner'] === true || status['isLearner'] === true,
    healthy: healths.some((row) => urls.includes(String(row['endpoint'])) && row['health'] === true),
    dbSize: Number(status['dbSize'] ?? 0),
  };
}

/** Member ids are 64-bit numbers, which JSON.parse would round: long numbers are taken as text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/([:[,]\s*)(\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
  } catch {
    return null;
  }
}

/** Hexadecimal, from a decimal number or from what `--hex` prints. */
function hexId(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? `${value}` : '0';
  return /^\d+$/.test(text) ? BigInt(text).toString(16) : text.toLowerCase();
}

function alarmName(value: unknown): string {
  if (value === 1 || value === 'NOSPACE') return 'NOSPACE';
  if (value === 2 || value === 'CORRUPT') return 'CORRUPT';
  return String(value);
}

function listOf(document: unknown, name: string): readonly Json[] {
  return rows(object(document)[name]);
}

function rows(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function object(value: unknown): Json {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
