import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { SshHost } from '../support/ssh-host.ts';
import { finished, settingOn } from './counting-step.ts';
import { BASH_AS_SH, openHost, startHost } from './open-host.ts';

const UNIT = 'capstan-left-w1-kubelet-1.service';

/** systemctl of a host whose systemd has not looked yet when it is asked first, and which writes down what it is asked. */
const SYSTEMCTL = `#!/bin/sh
before=$(cat "$DOUBLE_UNITS/asked" 2>/dev/null)
echo "$*" >>"$DOUBLE_UNITS/asked"
case $1 in
  is-active) case $before in *stop*) echo inactive ;; *is-active*) echo active ;; *) echo activating ;; esac ;;
  stop) xargs kill <"$DOUBLE_UNITS/$3/cgroup.procs" ;;
esac
`;

/** A host whose kernel says that the step's unit is a control group of its own, in a folder where the step can write its list. */
async function hostWithGroup(context: TestContext, shell: 'sh' | 'bash' = 'sh'): Promise<{ readonly host: SshHost; readonly hosts: Hosts; readonly group: string }> {
  const host = await startHost(context, { name: 'w1', doubles: { systemctl: SYSTEMCTL, ...(shell === 'bash' ? BASH_AS_SH : {}) } });
  const group = join(host.root, 'units', UNIT);
  await mkdir(group, { recursive: true });
  await writeFile(join(host.root, 'proc', 'self', 'cgroup'), `0::/${relative('/sys/fs/cgroup', group)}\n`);
  return { host, hosts: await openHost(context, host, {}, { stateFolder: host.stateFolder }), group };
}

const asked = (host: SshHost): Promise<string> => readFile(join(host.root, 'units', 'asked'), 'utf8').catch(() => '');

for (const shell of ['sh', 'bash'] as const) {
  test(`what a step leaves running is ended with its unit, once that counts as started: ${shell}`, async (context) => {
    const { host, hosts, group } = await hostWithGroup(context, shell);
    const { step } = settingOn(host, 'left', { text: `sleep 600 & echo $! >'${group}/cgroup.procs'; echo done` });

    assert.equal(finished(await hosts.runStep(host.host, step)).tail, 'done\n');

    assert.equal(await asked(host), `is-active ${UNIT}\nis-active ${UNIT}\nstop --no-block ${UNIT}\n`);
  });

  test(`what a step leaves running is ended also where its result cannot be written: ${shell}`, async (context) => {
    const { host, hosts, group } = await hostWithGroup(context, shell);
    const { step } = settingOn(host, 'left', { text: `sleep 600 & echo $! >'${group}/cgroup.procs'; mkdir '${join(host.stateFolder, 'left', 'w1', 'kubelet', '1', 'result')}'` });

    assert.equal((await hosts.runStep(host.host, step)).kind, 'interrupted');

    assert.match(await asked(host), /^stop --no-block/m);
  });
}

test('a unit of which nothing is left is not asked to stop', async (context) => {
  const { host, hosts, group } = await hostWithGroup(context);
  const { step } = settingOn(host, 'left', { text: `{ echo $PPID; cat '${group}.pid'; } >'${group}/cgroup.procs'; echo done` });

  assert.equal(finished(await hosts.runStep(host.host, step)).tail, 'done\n');

  assert.equal(await asked(host), '');
});
