import { here } from '../activities/index.ts';

export const worker = here;
