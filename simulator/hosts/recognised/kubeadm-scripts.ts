import { MANIFESTS, manifestImage } from '../control-plane.ts';
import type { Machine } from '../machine.ts';
import { requireRole } from './role.ts';
import { linesOf, must, ScriptEnd } from './script.ts';
import type { Script } from './script.ts';

const BACKUPS = '/etc/kubernetes/tmp';

export async function kubeadmPlan(script: Script): Promise<void> {
  const [wanted = '', ...more] = script.args;
  // 2>&1
  const exitCode = await script.pass('kubeadm', ['upgrade', 'plan', wanted, ...more], { out: script.say, err: script.say });
  if (exitCode !== 0) throw new ScriptEnd(exitCode);
}

export async function kubeadmState(script: Script): Promise<void> {
  const { machine, say, args: [record = '', version = ''] } = script;
  const { files } = machine;
  say(`kubeadm ${(await script.capture('kubeadm', ['version', '-o', 'short'])).out}`);
  if (machine.kubeadms > 0) say('running kubeadm');
  for (const file of files.list(MANIFESTS)) {
    const name = file.replace(/\.yaml$/, '');
    say(`image ${name} ${manifestImage(machine, name) ?? ''}`);
  }
  for (const image of linesOf((await script.capture('kubeadm', ['config', 'images', 'list', '--kubernetes-version', version])).out)) say(`wanted ${image}`);
  if (files.isFile(`${MANIFESTS}/kube-apiserver.yaml`)) await sayServing(script);
  const before = files.read(`${record}/backups-before`);
  if (before === null) return;
  for (const name of backups(machine)) if (!linesOf(before).includes(`${BACKUPS}/${name}`)) say(`backup ${BACKUPS}/${name}`);
}

async function sayServing({ machine, say, capture }: Script): Promise<void> {
  const words = ['--kubeconfig', '/etc/kubernetes/admin.conf', '--server', `https://${machine.address}:6443`, '--request-timeout', '5s', 'get', '--raw'];
  const ready = await capture('kubectl', [...words, '/readyz']);
  say(`readyz ${(ready.out === '' ? ready.err : ready.out).split('\n')[0] ?? ''}`);
  say(`serving ${/"gitVersion": *"([^"]*)"/.exec((await capture('kubectl', [...words, '/version'])).out)?.[1] ?? ''}`);
}

export async function kubeadmUpgrade(script: Script): Promise<void> {
  const { machine, args: [record = '', , role = '', ...command] } = script;
  requireRole(script, role);
  const { files } = machine;
  files.makeFolder(record);
  const known = backups(machine);
  if (!files.exists(`${record}/backups-before`)) files.write(`${record}/backups-before`, known.length === 0 ? `${BACKUPS}/kubeadm-backup-*\n` : known.map((name) => `${BACKUPS}/${name}\n`).join(''));
  if (files.exists(`${MANIFESTS}/etcd.yaml`)) script.say(`API server stays as it is during kubeadm: ${whyNotRelease(machine)}`);
  await must(script.pass('kubeadm', command));
}

/** lib-release-api-server: no twin has a load balancer for the kubeconfig of its hosts. */
function whyNotRelease(machine: Machine): string {
  return machine.apiServer.etcdPid === 0 ? 'no single etcd process is the member of this node' : whyNotEndApiServer(machine);
}

/** lib-api-server. */
export function whyNotEndApiServer({ address, apiServer, world: { machines, etcd } }: Machine): string {
  const ready = [...machines.values()].filter(({ node, apiServer: other }) => node.role === 'control-plane' && other.pid !== 0 && etcd.hasQuorum());
  if (ready.length < 2) return 'no other API server would answer';
  if (apiServer.pid === 0) return "no single kube-apiserver process is the one of this node's manifest";
  return `admin.conf leads to https://${address}:6443, not to a load balancer`;
}

function backups({ files }: Machine): readonly string[] {
  return files.list(BACKUPS).filter((name) => name.startsWith('kubeadm-backup-'));
}
