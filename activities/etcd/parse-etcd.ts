import type { EtcdMemberObservation, EtcdObservation } from '../../workflows/domain/observation.ts';
import type { PlacedMember } from './member-nodes.ts';

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

/** The members and where they say that they are; empty where no list of members could be read. */
export function placedMembers(documents: EtcdDocuments): readonly PlacedMember[] {
  return listOf(documents.members, 'members').map((member) => ({ id: hexId(member['ID']), urls: [...urlsOf(member, 'peerURLs'), ...urlsOf(member, 'clientURLs')] }));
}

/** Id of the member that answered, which is that of the host it was asked on; null where it does not say so. */
export function answeringMember(documents: EtcdDocuments): string | null {
  const id = object(object(documents.members)['header'])['member_id'];
  return id === undefined ? null : hexId(id);
}

/**
 * The members as they say themselves; null where no list of members could be read.
 *
 * @param nodes Node of each member by its id. A member that is not in it is on no node that was asked about.
 */
export function etcdObservation(documents: EtcdDocuments, nodes: ReadonlyMap<string, string>): EtcdObservation | null {
  const members = listOf(documents.members, 'members');
  if (members.length === 0) return null;
  const statuses = rows(documents.status);
  const healths = rows(documents.health);
  const alarms = listOf(documents.alarms, 'alarms');
  return {
    kind: 'stacked',
    members: members.map((member) => memberObservation(member, statuses, healths, nodes)),
    alarms: documents.alarms === null ? ['unknown: the alarms could not be read'] : alarms.map((alarm) => `${alarmName(alarm['alarm'])} (member ${hexId(alarm['memberID'])})`),
  };
}

function memberObservation(member: Json, statuses: readonly Json[], healths: readonly Json[], nodes: ReadonlyMap<string, string>): EtcdMemberObservation {
  const urls = urlsOf(member, 'clientURLs');
  const id = hexId(member['ID']);
  const status = object(statuses.find((row) => urls.includes(String(row['Endpoint'])))?.['Status']);
  return {
    id,
    name: typeof member['name'] === 'string' ? member['name'] : '',
    node: nodes.get(id) ?? '',
    version: typeof status['version'] === 'string' ? status['version'] : '',
    leader: status['leader'] !== undefined && hexId(status['leader']) === id,
    learner: member['isLearner'] === true || status['isLearner'] === true,
    healthy: healths.some((row) => urls.includes(String(row['endpoint'])) && row['health'] === true),
    dbSize: Number(status['dbSize'] ?? 0),
  };
}

function urlsOf(member: Json, key: string): readonly string[] {
  const urls = member[key];
  return Array.isArray(urls) ? urls.map(String) : [];
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
