/** Workflows and nothing else: every export here is a workflow type. */
export { inspectCluster } from './inspect-cluster.ts';
export { releaseCluster } from './release-cluster.ts';
export { restoreCluster } from './restore-cluster.ts';
export { rollbackNode } from './rollback-node.ts';
export { upgradeCluster } from './upgrade-cluster.ts';
export { upgradeNode } from './upgrade-node.ts';
