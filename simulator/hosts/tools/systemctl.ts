import { startStaticPods } from '../control-plane.ts';
import { versionOfPackage } from '../machine.ts';
import type { Machine } from '../machine.ts';
import type { Units } from '../units.ts';
import { spend } from './call.ts';
import type { Call, Tool } from './call.ts';

/** `systemctl` over the kubelet and the units that `systemd-run` started. */
export function systemctl(units: Units): Tool {
  return async (call) => {
    const { machine, args: [command, ...rest] } = call;
    const name = (rest.at(-1) ?? '').replace(/\.service$/, '');
    switch (command) {
      case 'daemon-reload':
      case 'reset-failed':
        return 0;
      case 'is-active': {
        const state = name === 'kubelet' ? stateOfKubelet(machine) : units.isActive(machine, name) ? 'active' : 'inactive';
        call.out(state);
        return state === 'active' ? 0 : 3;
      }
      case 'show': // -p MainPID -p ActiveState kubelet
        // One that ends right after its start is started again and again.
        if (machine.kubelet.crash !== null && !machine.kubelet.running) machine.kubelet.pid = machine.newPid();
        call.out(`MainPID=${String(machine.kubelet.running || machine.kubelet.crash !== null ? machine.kubelet.pid : 0)}`);
        call.out(`ActiveState=${stateOfKubelet(machine)}`);
        return 0;
      case 'stop':
        await stopKubelet(call);
        return 0;
      case 'start':
        await startKubelet(call);
        return 0;
      default:
        call.err(`Unknown command verb ${command ?? ''}: the twin's systemctl does not have it.`);
        return 1;
    }
  };
}

function stateOfKubelet({ kubelet }: Machine): string {
  if (kubelet.running) return 'active';
  return kubelet.crash === null ? 'inactive' : 'activating';
}

/** `journalctl -u kubelet`. */
export function journalctl(call: Call): number {
  const { kubelet } = call.machine;
  call.out(`kubelet[${String(kubelet.pid)}]: ${kubelet.crash ?? `Kubelet version ${kubelet.version}`}`);
  return 0;
}

/** `curl …/healthz` of the kubelet. */
export function curl(call: Call): number {
  const { kubelet } = call.machine;
  if (!kubelet.running || kubelet.crash !== null) return 7;
  call.out('ok');
  return 0;
}

const RESTART_MS = 10_000;
/** It ends at once: its time is nothing but a moment in which something may happen. */
const AT_ONCE = { meanMs: 0, variation: 0 } as const;

async function stopKubelet(call: Call): Promise<void> {
  const { machine } = call;
  machine.kubelet.restarts = false;
  if (!machine.kubelet.running) return;
  await spend(call, 'stop kubelet', AT_ONCE);
  machine.kubelet.running = false;
  machine.world.model.kubelets.stop(machine.node.name);
  machine.record('unit kubelet stopped', machine.kubelet.version);
}

async function startKubelet(call: Call): Promise<void> {
  const { machine } = call;
  if (machine.kubelet.running) return;
  const tookMs = await spend(call, 'restart kubelet', machine.world.description.timings.restartKubelet);
  runKubelet(machine, tookMs);
}

/** What ended right after its start runs at systemd's next try, now that its cause is gone. Source: `Restart=always` and `RestartSec=10` of the package's unit. */
export function startAtNextTry(machine: Machine): void {
  const { kubelet, world: { clock } } = machine;
  clock.after(RESTART_MS, () => { if (kubelet.restarts && kubelet.crash === null && !machine.isDown) runKubelet(machine, 0); });
}

/** The kubelet of the installed package runs, unless it ends right after its start. */
export function runKubelet(machine: Machine, tookMs: number): void {
  const { kubelet, packages, node, world: { model } } = machine;
  kubelet.pid = machine.newPid();
  kubelet.version = versionOfPackage(packages.get('kubelet')?.version ?? '');
  machine.record('unit kubelet started', kubelet.version, tookMs);
  kubelet.restarts = kubelet.crash !== null;
  if (kubelet.crash !== null) return;
  kubelet.running = true;
  if (node.role === 'control-plane') startStaticPods(machine);
  model.kubelets.start(node.name, kubelet.version);
}
