import { read } from './built-in.ts';

export const again = read;
