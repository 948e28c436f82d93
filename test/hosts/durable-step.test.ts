import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { SshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import { accessTo, startSshHost } from '../support/ssh-host.ts';
import type { SshHost } from '../support/ssh-host.ts';
import { until } from '../support/until.ts';
import { COUNTING, finished, settingOn } from './counting-step.ts';
import type { Setting, SettingOptions } from './counting-step.ts';
import { BASH_AS_SH, failureOf } from './open-host.ts';

let host: SshHost;
let first: SshHosts;
let second: SshHosts;
let hosts: Hosts;
/** Another worker: its own connections. */
let otherHosts: Hosts;

before(async () => {
  host = await startSshHost({ name: 'w1' });
  const access = await accessTo(join(host.root, 'access'), [host]);
  first = createSshHosts({ stateFolder: host.stateFolder });
  second = createSshHosts({ stateFolder: host.stateFolder });
  hosts = await first.openHosts(access);
  otherHosts = await second.openHosts(access);
});

after(async () => {
  first.close();
  second.close();
  await host.stop();
});

const setting = (name: string, options?: SettingOptions): Setting => settingOn(host, name, options);

async function stepFolder(name: string): Promise<string> {
  return Promise.resolve(join(host.stateFolder, name, 'w1', 'kubelet'));
}

test('a step runs once, and its result is returned when it is asked for again', async () => {
  const { step, runs } = setting('once', { exitCode: 3 });
  const one = finished(await hosts.runStep(host.host, step));
  const two = finished(await otherHosts.runStep(host.host, step));
  assert.deepEqual([one.started, one.intent, one.exitCode, one.tail], [true, 1, 3, 'begun\nended\n']);
  assert.deepEqual(two, { ...one, started: false });
  assert.ok(one.seconds >= 0 && one.seconds < 30);
  assert.equal(await runs(), 1);
  assert.deepEqual((await host.journal()).filter((unit) => unit.includes('-once-')), ['capstan-once-w1-kubelet-1.service']);
});

test('what a step leaves on the host is readable by root alone', async () => {
  const { step } = setting('modes');
  await hosts.runStep(host.host, step);
  const folder = await stepFolder('modes');
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(host.stateFolder, 'modes'))).mode & 0o777, 0o700);
  for (const name of ['script', 'args', 'retry', 'started', 'output', 'result']) assert.equal((await stat(join(folder, '1', name))).mode & 0o777, 0o600, name);
});

test('a lost connection is HostUnreachable, and calling again attaches to the same run', async () => {
  const { step, runs, open } = setting('cut', { gated: true });
  let seen = '';
  const lost = failureOf(hosts.runStep(host.host, step, { onOutput: (text) => { seen += text; } }));
  await until('the step has begun', () => seen.includes('begun'));
  host.cut();
  assert.equal((await lost).type, 'HostUnreachable');
  assert.equal(await hosts.claimStep(host.host, step), 'running');
  const again = hosts.runStep(host.host, { ...step, fence: { ...step.fence, attempt: 2 } });
  await open();
  const outcome = finished(await again);
  assert.deepEqual([outcome.started, outcome.intent, outcome.exitCode, outcome.tail], [false, 1, 0, 'begun\nended\n']);
  assert.equal(await runs(), 1);
});

test('another worker attaches to what a dead one started, and sees its output', async () => {
  const { step, runs, open } = setting('worker-death', { gated: true });
  const abort = new AbortController();
  let begun = '';
  const abandoned = hosts.runStep(host.host, step, { signal: abort.signal, onOutput: (text) => { begun += text; } });
  await until('the step has begun', () => begun.includes('begun'));
  abort.abort(new Error('worker gone'));
  await assert.rejects(abandoned, /worker gone/);
  let seen = '';
  const attached = otherHosts.runStep(host.host, step, { onOutput: (text) => { seen += text; } });
  await until('the other worker sees the output', () => seen.includes('begun'));
  await open();
  assert.equal(finished(await attached).started, false);
  assert.equal(seen, 'begun\nended\n');
  assert.equal(await runs(), 1);
});

test('twenty calls at the same time run the step once', async () => {
  const { step, runs } = setting('concurrent');
  const calls = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? hosts : otherHosts).runStep(host.host, step));
  const outcomes = (await Promise.all(calls)).map(finished);
  assert.equal(await runs(), 1);
  assert.equal(outcomes.filter((each) => each.started).length, 1);
  for (const each of outcomes) assert.deepEqual({ ...each, started: false }, { ...outcomes[0], started: false });
  assert.ok(host.load().maximumChannels <= 8, `${String(host.load().maximumChannels)} channels on two connections`);
});

test('a killed unit is interrupted, stays so, and runs again only as a new intent after it', async () => {
  const { step, runs, open } = setting('killed', { gated: true });
  const lost = hosts.runStep(host.host, step);
  await until('the step has begun', async () => (await runs()) === 1);
  await host.killUnit('capstan-killed-w1-kubelet-1');
  assert.deepEqual(await lost, { kind: 'interrupted', intent: 1, tail: 'begun\n' });
  assert.deepEqual(await hosts.runStep(host.host, step), { kind: 'interrupted', intent: 1, tail: 'begun\n' });
  assert.equal(await hosts.claimStep(host.host, step), 'interrupted');
  assert.equal(await runs(), 1);
  await open();
  const outcome = finished(await hosts.runStep(host.host, { ...step, after: 1 }));
  assert.deepEqual([outcome.intent, outcome.started], [2, true]);
  assert.deepEqual(finished(await hosts.runStep(host.host, { ...step, after: 1 })).intent, 2);
  assert.equal(await runs(), 2);
});

test('a marker without unit or result, as a crash of the host leaves it, is interrupted', async () => {
  const { step, runs } = setting('crashed');
  await hosts.runStep(host.host, step);
  await rm(join(await stepFolder('crashed'), '1', 'result'));
  assert.equal((await hosts.runStep(host.host, step)).kind, 'interrupted');
  assert.equal(await runs(), 1);
});

for (const [what, left] of [['empty', ''], ['cut off', '0 1234.56 12'], ['of zeros', '\0'.repeat(18)], ['of zeros and a line end', `${'\0'.repeat(18)}\n`]] as const) {
  test(`a result that a crash of the host left ${what} counts for nothing`, async () => {
    const name = `torn-${what.replaceAll(' ', '-')}`;
    const { step, runs } = setting(name);
    await hosts.runStep(host.host, step);
    await writeFile(join(await stepFolder(name), '1', 'result'), left);
    assert.equal(await hosts.claimStep(host.host, step), 'interrupted');
    assert.equal((await hosts.runStep(host.host, step)).kind, 'interrupted');
    assert.equal(await runs(), 1);
  });
}

test('an intent without its marker never began and is taken up again', async () => {
  const { step, runs } = setting('unmarked');
  await mkdir(join(await stepFolder('unmarked'), '1'), { recursive: true });
  await writeFile(join(await stepFolder('unmarked'), '1', 'retry'), '0\n');
  await writeFile(join(await stepFolder('unmarked'), 'lock'), '');
  assert.equal(await hosts.claimStep(host.host, step), 'absent');
  assert.equal(finished(await hosts.runStep(host.host, step)).intent, 1);
  assert.equal(await runs(), 1);
});

test("an operator's retry is a new intent, and an older result is not returned for it", async () => {
  const { step, runs } = setting('retried', { exitCode: 1 });
  await hosts.runStep(host.host, step);
  assert.equal(await hosts.claimStep(host.host, step), 'finished');
  assert.equal(await hosts.claimStep(host.host, { ...step, retry: 1 }), 'absent');
  assert.equal(finished(await hosts.runStep(host.host, { ...step, retry: 1 })).intent, 2);
  assert.equal(finished(await hosts.runStep(host.host, { ...step, retry: 1 })).intent, 2);
  // One that has not heard of the retry gets the newest result too.
  assert.equal(finished(await hosts.runStep(host.host, step)).intent, 2);
  assert.equal(await runs(), 2);
});

test("an operator's retry attaches where the former run still goes on", async () => {
  const { step, runs, open } = setting('retried-running', { gated: true });
  const former = hosts.runStep(host.host, step);
  await until('the step has begun', async () => (await runs()) === 1);
  let seen = '';
  const retried = hosts.runStep(host.host, { ...step, retry: 1 }, { onOutput: (text) => { seen += text; } });
  await until('the retry has attached', () => seen.includes('begun'));
  await open();
  assert.equal(finished(await retried).intent, 1);
  await former;
  assert.equal(await runs(), 1);
});

test('a step that never ran is absent and has no output', async () => {
  const { step } = setting('never');
  assert.equal(await hosts.readOutput(host.host, step), null);
  await assert.rejects(stat(join(host.stateFolder, 'never')));
  assert.equal(await hosts.claimStep(host.host, step), 'absent');
  assert.equal(await hosts.readOutput(host.host, step), null);
});

test('hostile arguments and script texts arrive unchanged', async () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));
  let count = 0;
  await fc.assert(fc.asyncProperty(fc.array(hostile, { maxLength: 6 }), async (args) => {
    count += 1;
    const text = `printf '<%s>' "$@"\n`;
    const outcome = finished(await hosts.runStep(host.host, { ...setting(`hostile-${String(count % 3)}`).step, step: `s${String(count)}`, args, script: { name: 'print', text } }));
    assert.equal(outcome.tail, args.length === 0 ? '<>' : args.map((arg) => `<${arg}>`).join(''));
  }), { numRuns: 10 });
});

test('a script larger than any argument list runs', async () => {
  const { step } = setting('large', { text: `${'# padding of a long script, with quotes \'"\n'.repeat(10_000)}echo "ran $# $1"\n` });
  assert.match(finished(await hosts.runStep(host.host, step)).tail, /^ran 3 /);
});

test('long output is kept whole on the host, and only its tail travels', async () => {
  const { step } = setting('long-output', { text: `i=0; while [ "$i" -lt 200 ]; do head -c 100000 /dev/zero | tr '\\0' x; i=$((i+1)); done; echo; echo last` });
  const outcome = finished(await hosts.runStep(host.host, step));
  assert.equal(outcome.tail.length, 8192);
  assert.ok(outcome.tail.endsWith('x\nlast\n'));
  const output = await hosts.readOutput(host.host, step) ?? '';
  assert.match(output, /^\[The first \d+ bytes are on the host only\.\]\nx/);
  assert.ok(output.endsWith('x\nlast\n') && output.length <= 8 * 1024 * 1024 + 100);
});

test('all of a short output comes, the end included', async () => {
  const { step } = setting('all-output', { text: 'i=0; while [ "$i" -lt 300 ]; do echo "line $i ä"; i=$((i+1)); done' });
  let seen = '';
  await hosts.runStep(host.host, step, { onOutput: (text) => { seen += text; } });
  assert.equal(seen, Array.from({ length: 300 }, (_, index) => `line ${String(index)} ä\n`).join(''));
  assert.equal(await hosts.readOutput(host.host, step), seen);
});

test('of a long output that comes at once the end is told, in whole characters', async () => {
  const { step } = setting('much-output', { text: 'i=0; while [ "$i" -lt 2000 ]; do echo "line $i ä€€"; i=$((i+1)); done' });
  const whole = Array.from({ length: 2000 }, (_, index) => `line ${String(index)} ä€€\n`).join('');
  let seen = '';
  await hosts.runStep(host.host, step, { onOutput: (text) => { seen += text; } });
  assert.ok(whole.endsWith(seen), seen.slice(0, 40));
  assert.ok(Buffer.byteLength(seen) > 8_000);
});

test('a process that a step leaves behind does not hold its result back', async () => {
  const { step, gate, open } = setting('left-behind', { text: '(while [ ! -e "$2" ]; do sleep 0.05; done) & echo done', gated: true });
  assert.equal(finished(await hosts.runStep(host.host, step)).tail, 'done\n');
  await assert.rejects(stat(gate));
  await open();
});

test('names that are no plain path segments are refused before anything is sent', async () => {
  for (const upgrade of ['../etc', 'a/b', '', '-rf', 'a b', '$(id)']) {
    assert.equal((await failureOf(hosts.runStep(host.host, { ...setting('plain').step, upgrade }))).type, 'SpecInvalid');
  }
});

test('a sixth upgrade removes the oldest one, unless a unit of it still runs', async () => {
  const old = async (name: string, age: number): Promise<void> => {
    const time = Date.now() / 1000 - age;
    await utimes(join(host.stateFolder, name), time, time);
  };
  const running = setting('kept-running', { gated: true });
  const run = hosts.runStep(host.host, running.step);
  await until('the step has begun', async () => (await running.runs()) === 1);
  await hosts.runStep(host.host, setting('kept-oldest').step);
  await mkdir(join(host.stateFolder, 'kept-foreign'));
  await old('kept-running', 90_000);
  await old('kept-oldest', 80_000);
  await old('kept-foreign', 85_000);
  for (let each = 0; each < 5; each += 1) await hosts.runStep(host.host, setting(`kept-new-${String(each)}`).step);
  const names = (await readdir(host.stateFolder)).filter((name) => name.startsWith('kept-')).sort();
  assert.deepEqual(names, ['kept-foreign', 'kept-new-0', 'kept-new-1', 'kept-new-2', 'kept-new-3', 'kept-new-4', 'kept-running']);
  await running.open();
  assert.equal(finished(await run).exitCode, 0);
});

test('the same holds where sh is bash', async (context) => {
  const bash = await startSshHost({ name: 'w1', doubles: BASH_AS_SH });
  const ssh = createSshHosts({ stateFolder: bash.stateFolder });
  context.after(async () => {
    ssh.close();
    await bash.stop();
  });
  const hostsOfBash = await ssh.openHosts(await accessTo(join(bash.root, 'access'), [bash]));
  const { step, runs, open } = setting('bash', { gated: true, exitCode: 5, text: `[ -n "$BASH_VERSION" ] || exit 99\n${COUNTING}` });
  let seen = '';
  const killed = hostsOfBash.runStep(bash.host, step, { onOutput: (text) => { seen += text; } });
  await until('the step has begun', () => seen.includes('begun'));
  await bash.killUnit('capstan-bash-w1-kubelet-1');
  assert.deepEqual(await killed, { kind: 'interrupted', intent: 1, tail: 'begun\n' });
  seen = '';
  const lost = failureOf(hostsOfBash.runStep(bash.host, { ...step, after: 1 }, { onOutput: (text) => { seen += text; } }));
  await until('the step has begun', () => seen.includes('begun'));
  bash.cut();
  assert.equal((await lost).type, 'HostUnreachable');
  const attached = hostsOfBash.runStep(bash.host, { ...step, after: 1 });
  await open();
  const outcome = finished(await attached);
  assert.deepEqual([outcome.intent, outcome.started, outcome.exitCode, outcome.tail], [2, false, 5, 'begun\nended\n']);
  assert.equal(await hostsOfBash.claimStep(bash.host, step), 'finished');
  assert.equal(await hostsOfBash.readOutput(bash.host, step), 'begun\nended\n');
  assert.equal(await runs(), 2);
});
