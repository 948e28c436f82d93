import type { NativeConnection } from '@temporalio/worker';

// Codes of gRPC: this worker may not ask, or this server, such as the SDK's test server, has no such question.
const UNTOLD: readonly unknown[] = [7, 12];

/**
 * Which Temporal this is, `CLUSTER ID/NAMESPACE ID`: locks and marks in a cluster carry it, so that nobody takes an upgrade for ended
 * which another Temporal runs. Null where this worker may not ask, or the server cannot tell.
 */
export async function temporalIdentity({ workflowService }: Pick<NativeConnection, 'workflowService'>, namespace: string): Promise<string | null> {
  try {
    const [{ clusterId }, { namespaceInfo }] = await Promise.all([workflowService.getClusterInfo({}), workflowService.describeNamespace({ namespace })]);
    const id = namespaceInfo?.id ?? '';
    return id === '' ? null : `${clusterId ?? ''}/${id}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && UNTOLD.includes(error.code)) return null;
    throw error;
  }
}
