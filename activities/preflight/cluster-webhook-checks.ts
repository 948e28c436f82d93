import type { Finding } from '../../workflows/domain/check.ts';
import type { Webhook, WebhookRule } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { selects } from '../kubernetes/selector.ts';
import { orHold } from './cluster-finding.ts';

const CHECK = 'webhooks-answer';

/** What an upgrade writes: a webhook that fails closed on one of these stops it, and with kube-system the cluster itself. */
const NEEDED = [
  { group: '', resource: 'pods' },
  { group: '', resource: 'pods/eviction' },
  { group: '', resource: 'nodes' },
  { group: '', resource: 'nodes/status' },
  { group: 'coordination.k8s.io', resource: 'leases' },
  { group: 'policy', resource: 'evictions' },
] as const;

/** Fail-closed webhooks on what an upgrade needs, whose Service has no ready endpoint. */
export async function webhookFindings(kube: Kube): Promise<Finding[]> {
  const configurations = await kube.listWebhookConfigurations();
  const closed = configurations.flatMap((configuration) => (configuration.webhooks ?? []).filter(isInTheWay).map((webhook) => ({ configuration: configuration.metadata.name, webhook })));
  const findings = await Promise.all(closed.map(({ configuration, webhook }) => backendFinding(kube, configuration, webhook)));
  return orHold(findings.flat(), CHECK, 'No webhook that fails closed on pods, nodes or leases is without a backend.');
}

function isInTheWay(webhook: Webhook): boolean {
  if ((webhook.failurePolicy ?? 'Fail') !== 'Fail') return false;
  return (webhook.rules ?? []).some((rule) => NEEDED.some((needed) => covers(rule, needed.group, needed.resource) && seesNamespace(webhook, needed.resource)));
}

function covers(rule: WebhookRule, group: string, resource: string): boolean {
  const groups = rule.apiGroups ?? [];
  const resources = rule.resources ?? [];
  const [parent = '', sub] = resource.split('/');
  const patterns = sub === undefined ? [resource, '*', '*/*'] : [resource, `${parent}/*`, `*/${sub}`, '*/*'];
  return (groups.includes('*') || groups.includes(group)) && patterns.some((pattern) => resources.includes(pattern));
}

/** Many webhooks leave out kube-system by its name, and are then harmless for nodes' Leases and system pods alone. */
function seesNamespace(webhook: Webhook, resource: string): boolean {
  if (resource.startsWith('pods') || resource.startsWith('nodes') || webhook.namespaceSelector === undefined) return true;
  return selects(webhook.namespaceSelector, { 'kubernetes.io/metadata.name': 'kube-system' });
}

async function backendFinding(kube: Kube, configuration: string, webhook: Webhook): Promise<readonly Finding[]> {
  const { service } = webhook.clientConfig;
  // An address outside of the cluster cannot be judged from here.
  if (service === undefined) return [];
  const slices = await kube.listEndpointSlices(service.namespace, service.name);
  const ready = slices.some((slice) => (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false));
  if (ready) return [];
  return [{
    check: CHECK,
    severity: 'block',
    node: null,
    message: `The webhook ${webhook.name} of ${configuration} fails closed on what an upgrade needs, and its Service ${service.namespace}/${service.name} has no ready endpoint.`,
    next: 'Bring its pods back, or set its failurePolicy to Ignore during the upgrade.',
  }];
}
