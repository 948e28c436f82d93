import { startStaticPods, stopMember } from './control-plane.ts';
import { takeLock } from './layout.ts';
import type { Machine } from './machine.ts';
import type { TwinHost } from './port.ts';
import type { Runtime } from './runtime.ts';
import type { SshServer } from './ssh-server.ts';
import { runKubelet, startAtNextTry } from './tools/systemctl.ts';

/** What a host can be made to do from outside. */
export function createHost(machine: Machine, runtime: Runtime, server: SshServer, commands: readonly string[]): TwinHost {
  return {
    machine, commands,
    address: machine.address,
    addFault: (fault) => {
      machine.faults.push(fault);
      return () => {
        const at = machine.faults.indexOf(fault);
        if (at >= 0) machine.faults.splice(at, 1);
      };
    },
    lockPackages: (program) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      takeLock(machine, program, promise);
      return resolve;
    },
    setFreeDiskKib: (kib) => { machine.disk.freeKib = kib; },
    crashKubelet: (message) => {
      machine.kubelet.crash = message;
      if (message === null) startAtNextTry(machine);
    },
    cutConnections: server.cut,
    endCommands: server.endCommands,
    setReachable: server.setReachable,
    reboot: (downMs) => { rebootHost(machine, runtime, server, downMs); },
    units: () => runtime.units.running(machine),
    killUnit: (unit) => { runtime.units.kill(machine, unit); },
    connections: server.connections,
  };
}

/** The host goes down with everything that runs on it, and comes back after so many ms of the twin's time. */
export function rebootHost(machine: Machine, runtime: Runtime, server: SshServer, downMs: number): void {
  const { node, kubelet, world } = machine;
  server.setReachable('refused');
  server.cut();
  machine.isDown = true;
  runtime.killAll(machine);
  kubelet.running = false;
  kubelet.restarts = false;
  world.model.kubelets.stop(node.name);
  if (node.role === 'control-plane') {
    stopMember(machine);
    world.etcd.stop(node.name);
    machine.apiServer.pid = 0;
  }
  machine.record('host went down');
  world.clock.after(downMs, () => {
    machine.isDown = false;
    machine.record('host came up', '', downMs);
    server.setReachable('up');
    if (node.role === 'control-plane') startStaticPods(machine);
    runKubelet(machine, 0);
  });
}
