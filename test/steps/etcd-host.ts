import type { TestContext } from 'node:test';
import { withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { plannedNode } from './inputs.ts';

export const NAMES = ['cp1', 'cp2', 'cp3'];
export const MEMBERS = NAMES.map((name) => plannedNode(name, 'control-plane'));
export const AT_35 = { cp1: '3.5.24', cp2: '3.5.24', cp3: '3.5.24' };

/** A host of three members of etcd, of which cp2 leads; gone when the test ends. */
export function etcdHost(context: TestContext): FakeHost {
  const made = withEtcd(fakeHost('apt'), { leader: 'cp2', versions: AT_35 });
  context.after(() => made.remove());
  return made;
}
