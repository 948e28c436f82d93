import type { Machine } from '../machine.ts';
import type { Call } from './call.ts';

/** `kubectl`, as far as the scripts ask it. */
export function kubectl(call: Call): number {
  const { args, machine: { world } } = call;
  if (args.includes('pods')) {
    for (const other of world.machines.values()) if (other.node.role === 'control-plane') call.out(isReady(other) ? 'True' : 'False');
    return 0;
  }
  const raw = args[args.indexOf('--raw') + 1];
  if (!args.includes('--raw') || (raw !== '/readyz' && raw !== '/version')) {
    call.err(`error: the twin's kubectl does not know: ${args.join(' ')}`);
    return 1;
  }
  const server = args.includes('--server') ? args[args.indexOf('--server') + 1] ?? '' : '';
  const host = /^https:\/\/([^:]+)/.exec(server)?.[1];
  const asked = [...world.machines.values()].find((other) => other.node.role === 'control-plane' && (host === undefined ? isReady(other) : other.address === host));
  if (asked === undefined || asked.apiServer.pid === 0) {
    call.err(`The connection to the server ${server.replace('https://', '')} was refused - did you specify the right host or port?`);
    return 1;
  }
  if (raw === '/readyz') call.out(isReady(asked) ? 'ok' : '[-]etcd failed: reason withheld');
  else call.out(`{\n  "major": "1",\n  "gitVersion": "${asked.apiServer.version}",\n  "platform": "linux/amd64"\n}`);
  return 0;
}

function isReady({ apiServer, world: { etcd } }: Machine): boolean {
  return apiServer.pid !== 0 && etcd.hasQuorum();
}
