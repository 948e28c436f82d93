import { setTimeout as sleep } from 'node:timers/promises';
import { normalised } from './case.ts';
import type { ConformanceCase, Scene } from './case.ts';
import type { Subject } from './subject.ts';

/** Runs one case in a namespace of its own, and leaves nothing behind. Returns what it saw, normalised. */
export async function runCase(api: Subject, test: ConformanceCase, place: number): Promise<unknown> {
  const namespace = `capstan-conf-${process.pid}-${place}-${Date.now().toString(36)}`;
  const leftovers: string[] = [];
  await api.ask('POST', '/api/v1/namespaces', { body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } });
  await awaitDefaults(api, namespace);
  const scene: Scene = {
    api,
    namespace,
    core: (plural, name) => `/api/v1/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`,
    path: (groupVersion, plural, name) => `/apis/${groupVersion}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`,
    afterwards: (path) => {
      leftovers.push(path);
    },
  };
  try {
    return normalised(await test.run(scene), namespace);
  } finally {
    await cleanUp(api, namespace, leftovers);
  }
}

/** What controllers put into a new namespace: no pod is admitted before, and a watch would see it come. */
async function awaitDefaults(api: Subject, namespace: string): Promise<void> {
  for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']) {
    await settled(() => api.ask('GET', `/api/v1/namespaces/${namespace}/${path}`), ({ status }) => status === 200);
  }
}

async function cleanUp(api: Subject, namespace: string, leftovers: readonly string[]): Promise<void> {
  const pods = await api.ask('GET', `/api/v1/namespaces/${namespace}/pods`);
  for (const { metadata } of pods.body.items) {
    await api.ask('PATCH', `/api/v1/namespaces/${namespace}/pods/${metadata.name}`, { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } });
    await api.ask('DELETE', `/api/v1/namespaces/${namespace}/pods/${metadata.name}?gracePeriodSeconds=0`);
  }
  await api.ask('DELETE', `/api/v1/namespaces/${namespace}`);
  for (const path of leftovers) await api.ask('DELETE', path);
}

/** Waits until something is so; the last look is returned either way. */
export async function settled<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (let turn = 0; ; turn += 1) {
    const seen = await look();
    if (holds(seen) || turn >= 750) return seen;
    await sleep(20);
  }
}
