import type { NativeConnection } from '@temporalio/worker';

// Code of gRPC.
const PERMISSION_DENIED = 7;

/**
 * Which Temporal this is, `CLUSTER ID/NAMESPACE ID`: locks and marks in a cluster carry it, so that nobody takes an upgrade for ended
 * which another Temporal runs. Null where this worker may not ask.
 */
export async function temporalIdentity({ workflowService }: Pick<NativeConnection, 'workflowService'>, namespace: string): Promise<string | null> {
  try {
    const [{ clusterId }, { namespaceInfo }] = await Promise.all([workflowService.getClusterInfo({}), workflowService.describeNamespace({ namespace })]);
    const id = namespaceInfo?.id ?? '';
    return id === '' ? null : `${clusterId ?? ''}/${id}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === PERMISSION_DENIED) return null;
    throw error;
  }
}
