import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Places } from './temporal/find-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs are looked for and kept: PATH and `$XDG_CACHE_HOME/capstan`, by default `~/.cache/capstan`. */
export function placesOf(environment: Environment): Places {
  return { path: environment['PATH'] ?? '', cache: join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'capstan') };
}

/** `$CAPSTAN_STATE_DIR`, by default `$XDG_STATE_HOME/capstan` or `~/.local/state/capstan`: snapshots and the embedded server's file. */
export function stateFolderOf(environment: Environment): string {
  return environment['CAPSTAN_STATE_DIR'] || join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'capstan');
}
