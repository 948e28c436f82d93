import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../lab/cache.ts';
import { labFiles } from '../../lab/lab.ts';
import { run } from '../../lab/process.ts';
import { timesOf } from './contender.ts';
import type { Contender, StepMark } from './contender.ts';
import { followOutput } from './follow-output.ts';
import { setUpOperator } from './operator.ts';
import type { Operator } from './operator.ts';

/** The newest minor that the Python 3.11 of Debian 12 runs. Its 2.19.3 stood still between two nodes of a playbook with `serial` (ansible/ansible#85879). */
const ANSIBLE_CORE = '2.19.14';

/** A playbook of the same commands, one node after the other. */
export const ansibleContender: Contender = {
  prepare: async (lab, say) => {
    const folder = await ansibleFolder();
    const operator = await setUpOperator(lab);
    const inventory = join(operator.folder, 'inventory');
    await writeFile(inventory, inventoryOf(operator));
    const env = {
      ANSIBLE_SSH_COMMON_ARGS: `-F ${operator.sshConfig}`, ANSIBLE_HOST_KEY_CHECKING: 'True', ANSIBLE_PYTHON_INTERPRETER: 'auto_silent', ANSIBLE_NOCOLOR: '1',
      ANSIBLE_PIPELINING: '1', ANSIBLE_LOCAL_TEMP: join(operator.folder, 'tmp'), KUBECONFIG: labFiles.kubeconfig, PYTHONUNBUFFERED: '1', ANSIBLE_DISPLAY_OK_HOSTS: 'yes',
    };
    const variables = JSON.stringify({ version: operator.version, package: operator.package, repository: operator.repository, kubectl: lab.kubectl });
    const args = ['-m', 'ansible', 'playbook', '--inventory', inventory, '--extra-vars', variables, join(import.meta.dirname, 'playbook.yaml')];
    return {
      upgrade: async () => timesOf(withNodes(await followOutput(join(folder, 'bin', 'python'), args, env, markOf, say), operator)),
      close: operator.remove,
    };
  },
};

/** `TASK [NAME] ***`, as the default callback prints it before the task runs; which node it runs on follows from the order. */
export function markOf(line: string): Omit<StepMark, 'atMs'> | null {
  const [, step] = /^TASK \[(.+)\] \*+$/.exec(line) ?? [];
  return step === undefined ? null : { node: '', step };
}

/** With one node at a time each run of the tasks, which begin with the kubeadm package, is the next node's. */
export function withNodes(marks: readonly StepMark[], { controlPlanes, workers }: Pick<Operator, 'controlPlanes' | 'workers'>): readonly StepMark[] {
  const nodes = [...controlPlanes, ...workers];
  let at = -1;
  return marks.map((mark) => {
    if (mark.step === 'kubeadm package') at += 1;
    const ofCluster = mark.step === 'add-ons' || mark.step === 'end';
    return ofCluster ? mark : { ...mark, node: nodes[at] ?? '' };
  });
}

function inventoryOf({ controlPlanes, workers }: Operator): string {
  return ['[control_planes]', ...controlPlanes, '[workers]', ...workers, ''].join('\n');
}

/** A virtual environment with ansible-core. Its programs name the path that it was made at, so only its Python is used. */
async function ansibleFolder(): Promise<string> {
  return cached(`ansible-core-${ANSIBLE_CORE}`, async (path) => {
    await run('python3', ['-m', 'venv', path]);
    await run(join(path, 'bin', 'pip'), ['install', '--quiet', `ansible-core==${ANSIBLE_CORE}`]);
  });
}
