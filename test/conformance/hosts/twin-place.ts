import type { TestContext } from 'node:test';
import { imagesOf } from '../../../simulator/components.ts';
import type { ScriptWay } from '../../../simulator/hosts/port.ts';
import { describe, startTestTwin } from '../../simulator/hosts/twin.ts';
import { readFacts } from './facts.ts';
import type { Place } from './run-cases.ts';

/** A cluster that is the same for a twin and for the real hosts it is compared with. */
export interface Likeness {
  readonly version: string;
  readonly target: string;
  readonly planes: readonly string[];
  readonly workers: readonly string[];
}

const REPOSITORY = 'https://packages.twin.invalid/v{minor}/deb/';

/** A twin with the same names, versions and kind of repository, and without crictl as the lab is. */
export async function twinPlace(context: TestContext, { version, target, planes, workers }: Likeness, way: ScriptWay): Promise<Place> {
  const made = describe(planes.length, workers.length);
  const names = [...planes, ...workers];
  const nodes = made.nodes.map((node, index) => ({ ...node, name: names[index] ?? node.name }));
  const twin = await startTestTwin(context, { ...made, version, target, nodes }, { way, runtimeClient: 'ctr' });
  const minor = /^v(\d+\.\d+)/.exec(version)?.[1] ?? '';
  for (const name of names) {
    const { machine: { files, root, images } } = twin.hosts.host(name);
    // The lab imports the images of both versions before it starts.
    for (const image of imagesOf(target)) images.add(image);
    files.write(`${root}/etc/apt/sources.list.d/kubernetes.list`, `deb [trusted=yes] ${REPOSITORY.replace('{minor}', minor)} /\n`);
  }
  const [worker = ''] = workers;
  const facts = await readFacts(twin.worker, twin.address, { version, target, repository: REPOSITORY, worker, planes });
  return { hosts: twin.worker, address: twin.address, facts, upgrade: 'conformance-steps', rootOf: (name) => twin.hosts.host(name).machine.root };
}
