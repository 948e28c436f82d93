import { one } from '../workflows/messages.ts';

export const two = one + one;
