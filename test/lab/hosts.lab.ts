import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { DurableOutcome, DurableStep, HostAddress, Hosts } from '../../activities/hosts/port.ts';
import { failureTypeOf } from '../../activities/step-error.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import { until } from '../support/until.ts';
import { loadLab } from './lab.ts';

const LAB = join(import.meta.dirname, '../../.lab');
const run = promisify(execFile);

/** Real systemd, sudo and sshd, behind the lab's bastion. */
describe('durable commands on a real host', { timeout: 240_000 }, () => {
  const upgrade = `lab-hosts-${String(Date.now())}`;
  const ssh = createSshHosts();
  let hosts: Hosts;
  let host: HostAddress;
  let container: string;

  before(async () => {
    const lab = await loadLab();
    const worker = lab.plan.nodes.find((node) => node.role === 'worker');
    assert.ok(worker !== undefined);
    container = worker.container;
    host = { name: worker.name, address: worker.address, port: 22 };
    const access: AccessSpec = {
      transport: 'ssh',
      kubeconfig: { file: join(LAB, 'kubeconfig') },
      ssh: {
        user: lab.plan.user, port: 22, privateKey: { file: join(LAB, 'id_ed25519') }, knownHosts: { file: join(LAB, 'known_hosts') },
        bastion: { address: lab.plan.bastion.address, port: 22, user: lab.plan.user }, become: 'sudo',
      },
    };
    hosts = await ssh.openHosts(access);
  });

  after(async () => {
    await hosts.probe(host, { name: 'clean-up', text: 'rm -rf "/var/lib/capstan/${1:?}"' }, [upgrade]);
    ssh.close();
  });

  function step(name: string, text: string, args: readonly string[] = []): DurableStep {
    return { upgrade, node: host.name, step: name, script: { name, text }, args, retry: 0, fence: { epochMs: 1, attempt: 1 } };
  }

  function folder(name: string): string {
    return `/var/lib/capstan/${upgrade}/${host.name}/${name}`;
  }

  /** As the host's own root, past SSH. */
  async function inside(command: string): Promise<string> {
    return (await run('docker', ['exec', container, 'sh', '-c', command])).stdout;
  }

  async function starts(name: string): Promise<number> {
    const journal = await inside(`journalctl --quiet --no-pager --output=cat --unit='capstan-${upgrade}-${host.name}-${name}-*' | grep -c '^Started ' || :`);
    return Number(journal);
  }

  function finished(outcome: DurableOutcome): Extract<DurableOutcome, { kind: 'finished' }> {
    assert.ok(outcome.kind === 'finished', JSON.stringify(outcome));
    return outcome;
  }

  test('a step runs as root in a unit of its own, once, and leaves no unit behind', async () => {
    const asked = step('once', 'id -u; cat /proc/self/cgroup; printf "<%s>" "$@"', ["it's", '$HOME', '%n']);
    const one = finished(await hosts.runStep(host, asked));
    assert.match(one.tail, new RegExp(`^0\n[^]*capstan-${upgrade}-${host.name}-once-1\\.service\n[^]*<it's><\\$HOME><%n>$`));
    assert.equal(finished(await hosts.runStep(host, asked)).started, false);
    assert.equal(await starts('once'), 1);
    assert.equal(await inside(`systemctl list-units --all --no-legend 'capstan-${upgrade}-*'`), '');
  });

  test('ten calls at once start one unit', async () => {
    const outcomes = (await Promise.all(Array.from({ length: 10 }, () => hosts.runStep(host, step('together', 'sleep 1; echo done'))))).map(finished);
    for (const each of outcomes) assert.deepEqual({ ...each, started: false }, { ...outcomes[0], started: false });
    assert.equal(await starts('together'), 1);
  });

  test('the end of every sshd session on the way leaves the step running, and the next call attaches', async () => {
    let seen = '';
    const asked = step('cut', 'echo begun; while [ ! -e "$1" ]; do sleep 0.1; done; echo ended', [`${folder('cut')}/gate`]);
    const lost = hosts.runStep(host, asked, { onOutput: (text) => { seen += text; } });
    lost.catch(() => undefined);
    await until('the step has begun', () => seen.includes('begun'));
    await inside("for process in $(pgrep -f '^sshd: ops'); do kill -9 \"$process\"; done");
    await assert.rejects(lost, (error) => failureTypeOf(error) === 'HostUnreachable');
    assert.equal(await hosts.claimStep(host, asked), 'running');
    const attached = hosts.runStep(host, asked);
    await inside(`touch ${folder('cut')}/gate`);
    const outcome = finished(await attached);
    assert.deepEqual([outcome.started, outcome.intent, outcome.tail], [false, 1, 'begun\nended\n']);
    assert.equal(await starts('cut'), 1);
  });

  test('a unit killed by the host is interrupted, is in no list of failures, and runs again only as a new intent', async () => {
    let seen = '';
    const asked = step('killed', 'echo begun; [ -e "$1" ] || sleep 600', [`${folder('killed')}/gate`]);
    const waiting = hosts.runStep(host, asked, { onOutput: (text) => { seen += text; } });
    await until('the step has begun', () => seen.includes('begun'));
    await inside(`systemctl kill --signal=KILL 'capstan-${upgrade}-${host.name}-killed-1.service'`);
    assert.deepEqual(await waiting, { kind: 'interrupted', intent: 1, tail: 'begun\n' });
    assert.equal((await hosts.runStep(host, asked)).kind, 'interrupted');
    assert.equal(await inside(`systemctl list-units --all --no-legend 'capstan-${upgrade}-*'`), '');
    await inside(`touch ${folder('killed')}/gate`);
    assert.equal(finished(await hosts.runStep(host, { ...asked, after: 1 })).intent, 2);
    assert.equal(await starts('killed'), 2);
  });

  test('a stopped unit, as at the shutdown of the host, is interrupted and no failure of the step', async () => {
    let seen = '';
    const waiting = hosts.runStep(host, step('stopped', 'echo begun; sleep 600'), { onOutput: (text) => { seen += text; } });
    await until('the step has begun', () => seen.includes('begun'));
    await inside(`systemctl stop 'capstan-${upgrade}-${host.name}-stopped-1.service'`);
    assert.equal((await waiting).kind, 'interrupted');
  });

  // Many at once: systemd is late to look at some of them.
  test('what a step leaves running ends with its unit, however early its script ended', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, index) => hosts.runStep(host, step(`left-${String(index)}`, 'sleep 4567 & echo done'))));
    for (const outcome of outcomes) assert.equal(finished(outcome).tail, 'done\n');
    await until('all are gone', async () => await inside("pgrep -fx 'sleep 4567' || :") === '');
    await until('no unit is left', async () => await inside(`systemctl list-units --all --no-legend 'capstan-${upgrade}-${host.name}-left-*'`) === '');
  });

  // 0.15 s on a quiet machine, where a plain command costs 0.025 s.
  test('a step costs at most six times as much beyond its own time as a plain command over the same connection', async () => {
    const steps: number[] = [];
    const plain: number[] = [];
    for (let each = 0; each < 5; each += 1) {
      let begun = performance.now();
      const outcome = finished(await hosts.runStep(host, step(`cost-${String(each)}`, 'sleep 0.2')));
      steps.push((performance.now() - begun) / 1000 - outcome.seconds);
      begun = performance.now();
      await hosts.probe(host, { name: 'nothing', text: 'sleep 0.2' }, []);
      plain.push((performance.now() - begun) / 1000 - 0.2);
    }
    assert.ok(median(steps) <= 6 * median(plain), `seconds beyond: ${steps.join(' ')}, and of a plain command ${plain.join(' ')}`);
  });

  test('a file goes to the host and back unchanged', async () => {
    const content = randomBytes(2_000_000);
    const local = join(LAB, `${upgrade}.copy`);
    await hosts.upload(host, `/var/lib/capstan/${upgrade}/file`, content);
    await hosts.download(host, `/var/lib/capstan/${upgrade}/file`, local);
    const copied = await readFile(local);
    await rm(local);
    assert.deepEqual(copied, content);
    assert.equal(await inside(`stat -c '%U %a' /var/lib/capstan/${upgrade}/file`), 'root 600\n');
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
