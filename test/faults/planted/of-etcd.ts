import type { ActivityPorts } from '../../../activities/create-activities.ts';
import { withHosts } from './plant.ts';

/** Hosts whose etcd names as its leader a member that is not, and moves leadership in words only. */
export function withAnotherLeader(ports: ActivityPorts): ActivityPorts {
  let named: string | null = null;
  return withHosts(ports, (hosts) => ({
    probe: async (host, script, args, options) => {
      if (script.name === 'move-etcd-leader') {
        named = BigInt(`0x${args[0] ?? '0'}`).toString();
        return { exitCode: 0, stdout: '', stderr: '' };
      }
      const result = await hosts.probe(host, script, args, options);
      if (script.name !== 'read-etcd') return result;
      named ??= followerOf(result.stdout);
      return { ...result, stdout: result.stdout.replaceAll(/"leader":\d+/g, `"leader":${named ?? '0'}`) };
    },
  }));
}

/** Id of a member that does not lead; null where there is none. */
function followerOf(text: string): string | null {
  const leader = /"leader":(\d+)/.exec(text)?.[1];
  return [...text.matchAll(/"ID":(\d+)/g)].map((match) => match[1] ?? '').find((id) => id !== leader) ?? null;
}
