import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../command-error.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { printData } from '../render/output.ts';
import { reportTable } from '../render/report.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import type { Terminal } from '../terminal.ts';
import type { Demo } from '../../simulator/demo/main.ts';
import { start } from './start.ts';

export interface DemoCommandOptions {
  /** Worker nodes, besides three of the control plane. */
  readonly nodes: number;
  readonly seed: number;
  /** NAME or NAME@NODE, in the order given. */
  readonly fault: readonly string[];
  /** Prints the report alone on stdout. */
  readonly json: boolean;
  /** Leaves everything running until Ctrl-C. */
  readonly keep: boolean;
  readonly port?: number;
}

const LOOK_MS = 500;

/** Upgrades a simulated cluster with the real worker, live, and ends with the outcome of the upgrade. */
export async function demo(context: CommandContext, options: DemoCommandOptions): Promise<ExitCode> {
  const { terminal, takeSignals } = context;
  takeSignals();
  terminal.say(`Starting Temporal, a worker, and a simulated cluster of 3 control-plane and ${options.nodes} worker nodes …`);
  const opened = await open(context, options);
  try {
    tellWays(terminal, opened);
    const code = await Promise.race([run(context, opened, options), broken(opened)]);
    if (options.keep) {
      terminal.say(`\nServer, worker and cluster stay up until Ctrl-C. KUBECONFIG=${opened.kubeconfigFile}`);
      await Promise.race([opened.untilInterrupted(), broken(opened)]);
    }
    return code;
  } finally {
    await opened.stop();
  }
}

async function open({ terminal }: CommandContext, options: DemoCommandOptions): Promise<Demo> {
  const { isUsageError, openDemo } = await import('../../simulator/demo/main.ts');
  try {
    return await openDemo({ workers: options.nodes, seed: options.seed, faults: options.fault, port: options.port ?? null, say: terminal.say });
  } catch (error) {
    // Its errors are written for people, next step included.
    throw error instanceof Error ? new CommandError(error.message, { exitCode: isUsageError(error) ? EXIT.usage : EXIT.error }) : error;
  }
}

/** Rejects where a part of the demo ended by itself: its words are for people. */
async function broken(opened: Demo): Promise<never> {
  try {
    return await opened.broken;
  } catch (error) {
    throw error instanceof Error ? new CommandError(error.message, { next: 'run the demo again' }) : error;
  }
}

/** The same commands as anywhere, but they find the demo's server, and with `--json` leave stdout to the report. */
function inside(context: CommandContext, { environment }: Demo, { json }: DemoCommandOptions): CommandContext {
  const { terminal } = context;
  return {
    ...context, environment,
    terminal: json ? { ...terminal, isLive: false, colour: false, columns: () => null, out: (text) => terminal.say(text.trimEnd()) } : terminal,
    connect: async () => (await import('../temporal/connect.ts')).connect(environment),
  };
}

function tellWays({ say }: Terminal, opened: Demo): void {
  const [address] = Object.entries(opened.environment).map(([name, value]) => `${name}=${value}`);
  say(`Web UI: ${opened.ui}`);
  say('Meanwhile, in another terminal:');
  say(`  export ${address ?? ''}`);
  for (const command of ['status', 'pause', 'resume', `skip ${opened.lastWorker}`, 'report']) say(`  npm run -s capstan -- ${command}`);
  say('');
}

async function run(outer: CommandContext, opened: Demo, options: DemoCommandOptions): Promise<ExitCode> {
  const context = inside(outer, opened, options);
  const started = await start(context, { file: opened.specFile, yes: true, wait: false, input: false });
  if (started !== EXIT.ok) return started;
  return withClient(context, async (client) => {
    const code = await followOn(context, client, opened.cluster, options.keep);
    await show(outer, await client.report(opened.cluster), options.json);
    return code;
  });
}

/** A pause comes from the person who tries it, and is waited out; a held node ends the demo, unless it is to stay. */
async function followOn(context: CommandContext, client: UpgradeClient, cluster: string, keep: boolean): Promise<ExitCode> {
  for (;;) {
    const code = await follow(context, client, cluster);
    if (code !== EXIT.held) return code;
    const { state } = await client.status(cluster);
    if (state === 'held' && !keep) {
      context.terminal.say('With --keep the demo would stay up, so that you can type one of these in another terminal and see it go on.');
      return code;
    }
    while ((await client.status(cluster)).state === state) await delay(LOOK_MS);
  }
}

async function show({ terminal }: CommandContext, report: Awaited<ReturnType<UpgradeClient['report']>>, json: boolean): Promise<void> {
  await printData(terminal, json ? 'json' : 'table', report, (isWide) => `\n${reportTable(report, isWide, { colour: terminal.colour, columns: terminal.columns() })}`);
}
