import { count } from '../client/main.ts';

export const again = count;
