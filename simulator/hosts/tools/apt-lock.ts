import { OperationFailed, wait } from './call.ts';
import type { Call } from './call.ts';

/** apt looks again this often for a lock that another program holds. */
const LOOK_MS = 1_000;

/** Waits for whoever holds dpkg's lock, as long as the options say. Failures: OperationFailed. */
export async function waitForLock(call: Call, options: ReadonlyMap<string, string>): Promise<void> {
  const { machine } = call;
  const seconds = Number(options.get('DPkg::Lock::Timeout') ?? 0);
  for (let waited = 0; machine.lock !== null; waited += LOOK_MS / 1000) {
    const { process, name } = machine.lock;
    const holder = `It is held by process ${String(process)} (${name})`;
    if (waited >= seconds) {
      call.err(`E: Could not get lock /var/lib/dpkg/lock-frontend. ${holder}`);
      call.err('E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?');
      throw new OperationFailed(100);
    }
    if (waited === 0) call.out(`Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. ${holder}...`);
    await wait(call, LOOK_MS);
  }
}
