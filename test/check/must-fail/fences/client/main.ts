import { one } from '../workflows/messages.ts';
import { schema } from '../spec/schema.ts';

export const count = one;
export const read = schema;
export const worker = async (): Promise<unknown> => import('../worker/main.ts');
