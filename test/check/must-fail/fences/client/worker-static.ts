import { worker } from '../worker/main.ts';

export const again = worker;
