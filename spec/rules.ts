import { parseDuration } from '../workflows/domain/durations.ts';

/** As much of zod's refinement context as the rules use. */
interface Context {
  addIssue(issue: { code: 'custom'; path?: (string | number)[]; message: string }): void;
}

interface WrittenSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly unknown[];
}

/** True where a selector asks for nothing: the pool takes the rest. */
export function isEmptySelector(selector: WrittenSelector | null): boolean {
  return selector === null || (Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0);
}

/** Pools have names of their own, and at most one takes the rest. */
export function poolRules(pools: readonly { readonly name: string; readonly selector: WrittenSelector | null }[], context: Context): void {
  refuseTwice(pools.map((pool) => pool.name), 'name', 'pool', context);
  const rest = [...pools.entries()].filter(([, pool]) => isEmptySelector(pool.selector));
  for (const [index] of rest.slice(1)) {
    context.addIssue({ code: 'custom', path: [index], message: `has no selector, like the pool ${rest[0]?.[1].name ?? ''}, and only one can take the workers that are left` });
  }
}

/** Nodes have names of their own, and addresses. */
export function hostRules(nodes: readonly { readonly name: string; readonly address: string | null; readonly port: number | null }[], context: Context): void {
  refuseTwice(nodes.map((node) => node.name), 'name', 'node', context);
  const owners = new Map<string, string>();
  for (const [index, { name, address, port }] of nodes.entries()) {
    if (address === null) continue;
    const key = `${address.toLowerCase()} ${port ?? ''}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, name);
    else context.addIssue({ code: 'custom', path: [index, 'address'], message: `is the address of the node ${owner} already` });
  }
}

/** What is written down as evidence has happened. A day of the calendar that does not exist is not a time. */
export function pastRules(time: string, context: Context): void {
  const at = Date.parse(time);
  const day = new Date(`${time.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(at) || Number.isNaN(day.valueOf()) || !day.toISOString().startsWith(time.slice(0, 10))) context.addIssue({ code: 'custom', message: 'is not a day of the calendar' });
  else if (at > Date.now()) context.addIssue({ code: 'custom', message: 'is in the future' });
}

/** A selector that asks for nothing would leave every node out. */
export function exclusionRules(selector: WrittenSelector, context: Context): void {
  if (isEmptySelector(selector)) context.addIssue({ code: 'custom', message: 'asks for nothing, and would leave every node out' });
}

/** Add-ons have names of their own. */
export function addonRules(addons: readonly { readonly name: string }[], context: Context): void {
  refuseTwice(addons.map((addon) => addon.name), 'name', 'add-on', context);
}

/** Values belong to In and NotIn. */
export function requirementRules({ operator, values }: { readonly operator: string; readonly values: readonly string[] }, context: Context): void {
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues && values.length === 0) context.addIssue({ code: 'custom', path: ['values'], message: `is empty, and ${operator} compares with at least one value` });
  if (!wantsValues && values.length > 0) context.addIssue({ code: 'custom', path: ['values'], message: `has values, and ${operator} takes none` });
}

/** A drain needs time. */
export function drainRules({ enabled, timeout }: { readonly enabled: boolean; readonly timeout: string }, context: Context): void {
  if (enabled && parseDuration(timeout) === 0) context.addIssue({ code: 'custom', path: ['timeout'], message: 'leaves a drain no time; enabled: false is the way to do without one' });
}

function refuseTwice(values: readonly string[], key: string, what: string, context: Context): void {
  for (const [index, value] of values.entries()) {
    const first = values.indexOf(value);
    if (first !== index) context.addIssue({ code: 'custom', path: [index, key], message: `names the ${what} ${value} a second time; the first is number ${first + 1} of the list` });
  }
}
