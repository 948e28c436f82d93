import type { Command } from 'commander';
import type { CommandContext } from '../../client/context.ts';
import type { ExitCode } from '../../client/exit-codes.ts';
import { buildProgram } from '../../client/program.ts';
import { run } from '../../client/run.ts';
import { processTerminal } from '../../client/terminal.ts';
import type { ControlMessage, TemporalPause, UpdateMessage, UpgradeClient, UpgradeSummary } from '../../client/temporal/port.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { isOver } from '../../workflows/domain/run-status.ts';
import type { NodeStatus, UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { InspectClusterInput, ReleaseClusterResult, RestoreClusterInput, UpgradeClusterInput } from '../../workflows/messages.ts';
import { testPlan } from '../workflows/fake-cluster.ts';
import { testRestorePlan } from '../workflows/fake-restore.ts';

export const NOW = '2026-11-21T12:10:00.000Z';
export const STARTED = '2026-11-21T12:00:00.000Z';

/** What one command line did. */
export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
  /** What Ctrl-C would have said, in order. */
  readonly interrupts: readonly (string | null)[];
}

export interface FakeClient extends UpgradeClient {
  readonly sent: (ControlMessage | UpdateMessage)[];
  readonly started: UpgradeClusterInput[];
  readonly restored: RestoreClusterInput[];
  readonly inspected: InspectClusterInput[];
  readonly closed: () => number;
}

export interface Answers {
  readonly plan?: UpgradePlan;
  readonly findings?: readonly Finding[];
  /** One for each question; the last one stays. */
  readonly status?: readonly UpgradeStatus[];
  readonly found?: UpgradeSummary | null;
  readonly running?: readonly string[];
  readonly restore?: RestorePlan;
  readonly pauses?: readonly TemporalPause[];
  /** One for each question. */
  readonly release?: ReleaseClusterResult[];
}

/** A Temporal that answers as told and keeps what it is sent. */
export function fakeClient(answers: Answers = {}, own: Partial<UpgradeClient> = {}): FakeClient {
  const sent: (ControlMessage | UpdateMessage)[] = [];
  const started: UpgradeClusterInput[] = [];
  const restored: RestoreClusterInput[] = [];
  const inspected: InspectClusterInput[] = [];
  const statuses = [...(answers.status ?? [testStatus()])];
  let closed = 0;
  return {
    address: '127.0.0.1:7233', namespace: 'default', sent, started, restored, inspected, closed: () => closed,
    inspect: async (input) => {
      inspected.push(input);
      if (input.what === 'restore') return { plan: null, findings: [], restore: answers.restore ?? testRestorePlan(testPlan(3, 2, 1), 'prod-eu-v1.34.4-12345678', ['w1']) };
      return input.what === 'logs' ? { plan: null, findings: [], log: 'all of it\n' } : { plan: input.what === 'doctor' ? null : answers.plan ?? testPlan(3, 2, 1), findings: answers.findings ?? [] };
    },
    pauses: async () => answers.pauses ?? [],
    release: async () => answers.release?.shift() ?? { left: { nodes: [], lock: null, temporal: null }, owners: [], foreign: [], released: false },
    start: async (input) => {
      started.push(input);
      return null;
    },
    restore: async (input) => {
      restored.push(input);
      return null;
    },
    find: async () => (answers.found === undefined ? null : answers.found),
    list: async () => [running('prod-eu'), { ...running('stage'), state: 'done', phase: 'done', endedAt: '2026-11-21T12:04:10.000Z' }],
    running: async () => answers.running ?? ['prod-eu'],
    plan: async () => answers.plan ?? testPlan(3, 2, 1),
    status: async () => (statuses.length > 1 ? statuses.shift() : undefined) ?? statuses[0] ?? testStatus(),
    firstRun: async () => 'first-run',
    activities: async () => [],
    report: async () => testReport(),
    origin: async (cluster) => ({ id: `${cluster}-v1.34.4-12345678`, spec: specOf(cluster), nodes: [{ name: 'w1', address: '10.0.0.21', port: 22 }] }),
    send: async (_cluster, message) => { sent.push(message); },
    update: async (_cluster, message) => {
      sent.push(message);
      const kind = message.kind === 'resolveHold' ? message.message.decision : message.kind === 'setPolicy' ? 'set' : message.kind;
      return { at: NOW, kind, node: null, by: '', reason: '', detail: 'maxUnavailable=3', refusal: null };
    },
    ended: async () => {
      if (!isOver((answers.status?.at(-1) ?? testStatus()).phase)) await new Promise(() => undefined);
      return null;
    },
    checkService: async () => [{ check: 'temporal-reachable', node: null, severity: 'info', message: 'Temporal 1.32.0 answers', next: null }],
    page: () => 'http://127.0.0.1:8233/namespaces/default/workflows/upgrade%2Fprod-eu',
    close: async () => { closed += 1; },
    ...own,
  };
}

export interface Setting {
  /** What the person types; null where nobody can be asked. */
  readonly answer?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly connect?: () => Promise<UpgradeClient>;
  readonly columns?: number;
}

/** Runs a command line against a client, without a terminal unless an answer is given. */
export async function capstan(client: UpgradeClient, args: readonly string[], setting: Setting = {}): Promise<Outcome> {
  let out = '';
  let err = '';
  const interrupts: (string | null)[] = [];
  const context: CommandContext = {
    terminal: {
      isLive: false, canAsk: setting.answer !== undefined, colour: false, columns: () => setting.columns ?? null, rows: () => 24,
      out: (text) => { out += text; },
      say: (line) => { err += `${line}\n`; },
      ask: async (question) => {
        err += question;
        return setting.answer ?? '';
      },
      now: () => Date.parse(NOW),
    },
    environment: setting.environment ?? {},
    connect: setting.connect ?? (async () => client),
    onInterrupt: (words) => { interrupts.push(words); },
    takeSignals: () => undefined,
  };
  const code = await run(context, args);
  return { code, out, err, interrupts };
}

export function running(cluster: string): UpgradeSummary {
  return { cluster, state: 'running', phase: 'workers', target: 'v1.34.4', startedAt: STARTED, endedAt: null, startedBy: 'ada@ops-1' };
}

export function testStatus(changes: Partial<UpgradeStatus> = {}): UpgradeStatus {
  return {
    cluster: 'prod-eu', from: 'v1.33.13', to: 'v1.34.4', state: 'running', phase: 'workers', startedAt: STARTED, startedBy: 'ada@ops-1',
    planHash: 'hash', pause: null, cancel: null, policy: [], decisions: [], failure: null, findings: [],
    nodes: [node('cp1', { state: 'done', roles: ['etcd', 'control-plane'], pool: null }), node('w1', { state: 'draining', step: 'drainNode', since: '2026-11-21T12:07:55.000Z' }), node('w2')],
    ...changes,
  };
}

export function node(name: string, changes: Partial<NodeStatus> = {}): NodeStatus {
  return { name, roles: ['worker'], pool: 'default', state: 'pending', step: null, since: null, from: 'v1.33.13', to: 'v1.34.4', failure: null, ...changes };
}

export function testReport(): UpgradeReport {
  const step = { startedAt: STARTED, seconds: 12.25, busySeconds: 12, attempts: 1, note: '' };
  return {
    cluster: 'prod-eu', from: 'v1.33.13', to: 'v1.34.4', state: 'done', startedAt: STARTED, startedBy: 'ada@ops-1', planHash: 'hash',
    nodes: [{ name: 'w1', roles: ['worker'], state: 'done', steps: [{ ...step, step: 'drainNode', attempts: 2, note: '6 pods moved' }], total: null }],
    steps: [{ ...step, step: 'runPreflight', note: '0 findings' }],
    decisions: [], snapshot: null, failure: null, findings: [], overheadSeconds: 1.2, wallSeconds: 600,
  };
}

function specOf(name: string): UpgradeClusterInput['spec'] {
  return {
    name, driver: 'kubeadm', target: { version: 'v1.34.4' },
    access: {
      transport: 'ssh', kubeconfig: { file: '/kubeconfig' },
      ssh: { user: 'ops', port: 22, privateKey: { file: '/key' }, knownHosts: { file: '/known_hosts' }, bastion: null, become: 'sudo' },
    },
    nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 }, pools: [],
    packages: { repository: null }, kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null }, addons: [],
  };
}

/** The tree of commands, to be looked at; nothing of it is run. */
export function commandTree(): Command {
  return buildProgram({
    terminal: processTerminal({}), environment: {}, connect: async () => fakeClient(), onInterrupt: () => undefined, takeSignals: () => undefined,
  }, () => undefined);
}
