import { hostname } from 'node:os';

export interface Activities {
  name(): Promise<string>;
}

export function here(): string {
  return hostname();
}
