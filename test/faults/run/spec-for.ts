import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Twin } from '../../../simulator/twin.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { specOfTwin } from '../../support/twin.ts';
import { ADDON_FIRST, ADDON_SECOND } from '../place/requests.ts';
import type { Deal } from './deal.ts';

/** The spec that a twin wrote for its own upgrade, with what the seed's own points need besides. */
export async function specFor({ drains, hasAddon }: Pick<Deal, 'drains' | 'hasAddon'>, twin: Twin): Promise<UpgradeSpec> {
  const spec = await specOfTwin(twin);
  const pools = drains ? spec.pools : spec.pools.map((pool) => ({ ...pool, drain: { ...pool.drain, enabled: false } }));
  if (!hasAddon) return { ...spec, pools };
  const file = join(dirname(twin.files.spec), 'addon.yaml');
  await writeFile(file, addonText(), { mode: 0o600 });
  return { ...spec, pools, addons: [{ name: ADDON_SECOND, when: 'workers', manifest: { file } }] };
}

/** A ConfigMap, which is applied first, and a Deployment that is rolled out. */
function addonText(): string {
  const labels = { app: ADDON_SECOND };
  const objects = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ADDON_FIRST, namespace: 'kube-system' }, data: { level: 'info' } },
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: ADDON_SECOND, namespace: 'kube-system' },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'registry.example/addon:1' }] } } },
    },
  ];
  return objects.map((object) => stringify(object)).join('---\n');
}
