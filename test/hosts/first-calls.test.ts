/** The first calls of a step may come together: a worker that was taken for dead and the one that took its place. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../support/until.ts';
import { finished, settingOn } from './counting-step.ts';
import { openHost, startHost } from './open-host.ts';

/** A mkdir whose first call for an intent makes the folder above it, and the intent's own once a second call has begun. */
const overtaken = (state: string): string => `#!/bin/sh
for last; do :; done
case $last in
  */kubelet/1)
    if /bin/mkdir '${state}/first' 2>/dev/null; then
      /bin/mkdir -p "\${last%/1}"
      until [ -e '${state}/second' ]; do sleep 0.05; done
      /bin/mkdir -p "$last"
      : >'${state}/made'
      exit
    fi
    : >'${state}/second'
    until [ -e '${state}/made' ]; do sleep 0.05; done
    ;;
esac
exec /bin/mkdir "$@"
`;

test('a call that overtakes another one while that makes the folders of the step starts it, once', async (context) => {
  const state = mkdtempSync(join(tmpdir(), 'capstan-overtaken-'));
  context.after(() => { rmSync(state, { recursive: true }); });
  const host = await startHost(context, { name: 'w1', doubles: { mkdir: overtaken(state) } });
  const hosts = await openHost(context, host, {}, { stateFolder: host.stateFolder });
  const { step, runs } = settingOn(host, 'overtaken');

  const first = hosts.runStep(host.host, step);
  await until('the folder of the step is there', () => stat(join(host.stateFolder, 'overtaken', 'w1', 'kubelet')).then(() => true, () => false));
  const outcomes = await Promise.all([first, hosts.runStep(host.host, step)]);

  assert.deepEqual(outcomes.map((outcome) => finished(outcome).intent), [1, 1]);
  assert.equal(await runs(), 1);
});
