import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportTable } from '../../client/render/report.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { newClusterRun } from '../../workflows/domain/run.ts';
import { reportOf } from '../../workflows/domain/run-status.ts';
import { cluster, pool, spec, withoutMember, worker } from '../domain/cluster.ts';

const AT = '2026-12-01T02:00:00Z';

test('a report names who was left out and why, and the backup of an external etcd', () => {
  const backup = { takenAt: '2026-11-30T22:00:00Z', where: 's3://backups/prod.db', by: 'ops' };
  const written = spec({ exclude: [{ name: 'w-3' }], pools: [pool('default', 2)], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup } });
  const result = planUpgrade(written, cluster([
    withoutMember('cp-1'), worker('w-1'), worker('w-2'), worker('w-3'), worker('w-4', { ready: false }), worker('vk', { foreign: 'virtual kubelet' }),
  ], { etcd: { kind: 'external', members: [], alarms: [] } }));
  assert.ok(result.ok, JSON.stringify(result));
  const report = reportOf(newClusterRun('u1', hashPlan(result.plan), AT), 'ops', AT);
  const text = reportTable(report, false, { colour: false, columns: null });
  assert.match(text, /^etcd is external; its backup by ops, taken 2026-11-30 22:00:00Z: s3:\/\/backups\/prod\.db$/m);
  assert.match(text, /^vk was left out: virtual kubelet$/m);
  assert.match(text, /^w-3 was left out: by spec\.exclude\[0\]$/m);
  assert.match(text, /^w-4 was left out: not Ready before the start, at v1\.33\.13; it is still to be upgraded$/m);
});
