import { schema } from '../spec/schema.ts';

export const text = schema;
