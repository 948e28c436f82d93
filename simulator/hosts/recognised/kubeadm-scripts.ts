import { imagesOf } from '../../components.ts';
import { MANIFESTS, manifestImage, signalApiServer } from '../control-plane.ts';
import type { ControlPlaneEvent, Machine } from '../machine.ts';
import { linesOf, ScriptEnd } from './script.ts';
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
  const { machine, args: [record = '', version = '', ...command] } = script;
  const { files } = machine;
  files.makeFolder(record);
  const known = backups(machine);
  if (!files.exists(`${record}/backups-before`)) files.write(`${record}/backups-before`, known.length === 0 ? `${BACKUPS}/kubeadm-backup-*\n` : known.map((name) => `${BACKUPS}/${name}\n`).join(''));
  const stop = files.exists(`${MANIFESTS}/etcd.yaml`) ? startRelease(script, version) : () => undefined;
  try {
    const exitCode = await script.pass('kubeadm', command);
    if (exitCode !== 0) throw new ScriptEnd(exitCode);
  } finally {
    stop();
  }
}

/** The companion of lib-release-api-server: takes the API server out of the load balancer, and brings it back. */
function startRelease(script: Script, version: string): () => void {
  const { machine, say } = script;
  const refusal = whyNot(machine, version);
  if (refusal !== null) {
    say(`API server stays as it is during kubeadm: ${refusal}`);
    return () => undefined;
  }
  const { pid, listeners } = machine.apiServer;
  const end = (reason: string): void => {
    say(`SIGTERM to kube-apiserver ${String(pid)}: ${reason}`);
    signalApiServer(machine);
  };
  const listen = (event: ControlPlaneEvent): void => {
    if (event === 'backup made') end('kubeadm is about to replace the etcd member: leaving the load balancer');
    if (event === 'member started') end('the new etcd member runs: starting again');
  };
  listeners.add(listen);
  return () => { listeners.delete(listen); };
}

function whyNot(machine: Machine, version: string): string | null {
  const ready = [...machine.world.machines.values()].filter(({ node, apiServer }) => node.role === 'control-plane' && apiServer.pid !== 0 && !apiServer.leaving);
  if (ready.length < 2 || !machine.world.etcd.hasQuorum()) return 'no other API server would answer';
  if (machine.apiServer.etcdPid === 0) return 'there is not exactly one etcd process';
  const wanted = imagesOf(version).find((image) => image.includes('/etcd:'))?.replace(/^.*:/, '') ?? '';
  const running = manifestImage(machine, 'etcd')?.replace(/^.*:/, '') ?? '';
  return wanted === running ? `etcd stays at ${running}` : null;
}

function backups({ files }: Machine): readonly string[] {
  return files.list(BACKUPS).filter((name) => name.startsWith('kubeadm-backup-'));
}
