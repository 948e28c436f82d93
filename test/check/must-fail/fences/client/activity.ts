import { here } from '../activities/index.ts';

export const host = here;
