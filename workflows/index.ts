/** Workflows and nothing else: every export here is a workflow type. */
export { inspectCluster } from './inspect-cluster.ts';
export { releaseCluster } from './release-cluster.ts';
export { upgradeCluster } from './upgrade-cluster.ts';
export { upgradeNode } from './upgrade-node.ts';
