import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClusterModel } from '../../../simulator/api/cluster-model.ts';
import type { ResourceRequest } from '../../../simulator/api/http/request.ts';
import { routeOf } from '../../../simulator/api/http/route.ts';
import { createScales } from '../../../simulator/api/http/scales.ts';
import { Refused } from '../../../simulator/api/http/status.ts';
import { createWrites } from '../../../simulator/api/http/writes.ts';
import { createVirtualClock } from '../../../simulator/clock.ts';
import { describeCluster, workers, workload } from './describe.ts';

describe('the subresource scale', () => {
  test('a patch changes the replicas; one that is no JSON is refused as a bad request and changes nothing', () => {
    const clock = createVirtualClock(Date.parse('2026-01-01T00:00:00Z'));
    const cluster = createClusterModel({ description: describeCluster(workers(1), [workload('web')]), clock, seed: 1, heartbeats: false });
    const scale = createScales(cluster, createWrites(cluster));
    const request: ResourceRequest = {
      method: 'PATCH', route: routeOf('/apis/apps/v1/namespaces/default/deployments/web/scale') ?? assert.fail(), query: new URLSearchParams(),
      body: null, contentType: 'application/merge-patch+json', userAgent: 'test',
    };
    assert.throws(() => scale(request, '{"spec":'), (error) => error instanceof Refused && error.refusal.code === 400);
    assert.deepEqual(replicasOf(scale({ ...request, method: 'GET' }, '').body), 3);
    assert.deepEqual(replicasOf(scale(request, '{"spec":{"replicas":5}}').body), 5);
  });
});

function replicasOf(body: unknown): unknown {
  return (body as { readonly spec: { readonly replicas: unknown } }).spec.replicas;
}
