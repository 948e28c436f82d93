import { join } from 'node:path';
import { labFiles } from '../../lab/lab.ts';
import { timesOf } from './contender.ts';
import type { Contender, StepMark } from './contender.ts';
import { followOutput } from './follow-output.ts';
import { setUpOperator } from './operator.ts';

/** A shell script over ssh, as many teams have it. */
export const runbookContender: Contender = {
  prepare: async (lab, say) => {
    const operator = await setUpOperator(lab);
    const env = {
      SSH_CONFIG: operator.sshConfig, KUBECTL: lab.kubectl, KUBECONFIG: labFiles.kubeconfig, REPOSITORY: operator.repository, VERSION: operator.version,
      PACKAGE: operator.package, CONTROL_PLANES: operator.controlPlanes.join(' '), WORKERS: operator.workers.join(' '),
    };
    return {
      upgrade: async () => timesOf(await followOutput('sh', [join(import.meta.dirname, 'runbook.sh')], env, markOf, say)),
      close: operator.remove,
    };
  },
};

/** `step NODE NAME`, as runbook.sh prints it; a dash stands for no node. */
export function markOf(line: string): Omit<StepMark, 'atMs'> | null {
  const [, node, step] = /^step (\S+) (.+)$/.exec(line) ?? [];
  return node === undefined || step === undefined ? null : { node: node === '-' ? '' : node, step };
}
