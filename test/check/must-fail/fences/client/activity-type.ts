import { type Activities } from '../activities/index.ts';

export type All = Activities;
