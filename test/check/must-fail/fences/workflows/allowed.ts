import type { Activities } from '../activities/index.ts';
import { proxyActivities } from '@temporalio/workflow';
import { one } from './domain/pure.ts';

export const activities = proxyActivities<Activities>({ startToCloseTimeout: one });
