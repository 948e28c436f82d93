import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import type { ClusterRunner } from './cluster-run.ts';
import { nodeWorkflowId } from './messages.ts';

/** Passes a message on to nodes in flight. A node that ends meanwhile needs it no more, and one that is being started gets it then. */
export function forward(run: ClusterRunner, signal: 'pause' | 'resume' | 'skipNode', nodes: readonly string[]): void {
  for (const node of nodes) {
    const handle = getExternalWorkflowHandle(nodeWorkflowId(run.spec.name, node));
    void run.work(() => CancellationScope.nonCancellable(() => handle.signal(signal, { node }))).catch((error: unknown) => {
      log.info('message not passed on', { signal, node, cause: String(error) });
    });
  }
}
