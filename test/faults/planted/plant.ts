import type { ActivityPorts } from '../../../activities/create-activities.ts';
import type { Activities } from '../../../activities/index.ts';
import type { DurableStep, HostAddress, Hosts, ProbeResult } from '../../../activities/hosts/port.ts';
import type { StepResult } from '../../../workflows/domain/step.ts';

/** A bug that is planted into the engine's worker, by wrapping what it is made of. */
export interface Plant {
  /** What the engine does wrong. */
  readonly bug: string;
  readonly ports?: (ports: ActivityPorts) => ActivityPorts;
  readonly activities?: (activities: Activities, ports: ActivityPorts) => Partial<Activities>;
}

/** What a step reports that has done nothing. */
export function pretend(note = 'done'): StepResult {
  return { startedAt: new Date().toISOString(), seconds: 0, busySeconds: 0, attempt: 1, changed: true, note };
}

/** Hosts of which one verb is another. */
export function withHosts(ports: ActivityPorts, change: (hosts: Hosts) => Partial<Hosts>): ActivityPorts {
  return {
    ...ports,
    openHosts: async (access) => {
      const hosts = await ports.openHosts(access);
      return { ...hosts, ...change(hosts) };
    },
  };
}

/** Hosts that answer one script in another way. */
export function withAnswer(ports: ActivityPorts, script: string, answer: (text: string) => string): ActivityPorts {
  return withHosts(ports, (hosts) => ({
    probe: async (host, asked, args, options): Promise<ProbeResult> => {
      const result = await hosts.probe(host, asked, args, options);
      return asked.name === script ? { ...result, stdout: answer(result.stdout) } : result;
    },
  }));
}

/** Hosts on which a step is followed by another run of it. */
export function withSecondRun(ports: ActivityPorts, name: string, again: (step: DurableStep) => DurableStep): ActivityPorts {
  return withHosts(ports, (hosts) => ({
    runStep: async (host: HostAddress, step, options) => {
      const outcome = await hosts.runStep(host, step, options);
      return step.step === name ? hosts.runStep(host, again(step), options) : outcome;
    },
  }));
}
