import { hostname, userInfo } from 'node:os';

/** Who speaks, for people: `user@host`. */
export function person(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return String(process.getuid?.() ?? 'somebody');
  }
}
