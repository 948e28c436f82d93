import { Command, Option } from 'commander';
import type { DemoCommandOptions } from './commands/demo.ts';
import type { DevCommandOptions } from './commands/dev.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { ListOptions } from './commands/list.ts';
import type { RehearseCommandOptions } from './commands/rehearse.ts';
import type { ApproveOptions } from './commands/approve.ts';
import type { PauseOptions, ReasonOptions } from './commands/control.ts';
import type { ForceDrainOptions, RetryOptions } from './commands/resolve.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { ResumeOptions } from './commands/resume.ts';
import type { ReleaseOptions } from './commands/release.ts';
import type { RestoreOptions } from './commands/restore.ts';
import type { RollbackOptions } from './commands/rollback.ts';
import type { StartOptions } from './commands/start.ts';
import type { StatusOptions } from './commands/status.ts';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { collected, dumpOption, fileOption, ignoreOption, outputOption, whichOptions, wholeNumber } from './options.ts';
import type { Format } from './render/output.ts';
import { ROLLBACK_SCOPES } from '../workflows/domain/rollback.ts';
import { packageVersion } from './version.ts';
import type { WhichOptions } from './which-cluster.ts';

/** Groups of the help, in the order in which a newcomer needs them. */
const GROUP = { first: 'To begin with:', before: 'Before an upgrade:', run: 'Run and follow:', control: 'While it runs:', service: 'Service:' } as const;

/** How the program ended; set by the command that ran. */
export type Finish = (code: ExitCode) => void;

/** The tree of commands. Each loads its own code when it runs, so that `--help` loads none. */
export function buildProgram(context: CommandContext, finish: Finish): Command {
  const program = new Command('capstan')
    .description('Durable Kubernetes cluster upgrades on Temporal')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addFirst(program, context, finish);
  addBefore(program, context, finish);
  addRun(program, context, finish);
  addControl(program, context, finish);
  addService(program, context, finish);
  return program;
}

const EXAMPLES = `
Examples:
  capstan demo                       upgrade a simulated cluster, in two minutes
  capstan plan -f cluster.yaml       what would happen
  capstan start -f cluster.yaml      show the plan, ask, begin
  capstan watch                      follow it; Ctrl-C leaves it running

Data goes to stdout, words to stderr. Exit codes and variables: docs/commands.md`;

function addFirst(program: Command, context: CommandContext, finish: Finish): void {
  program.command('demo').helpGroup(GROUP.first)
    .description('upgrade a simulated cluster with the real worker, live; touches nothing else')
    .option('--nodes <number>', 'worker nodes, besides 3 of the control plane', wholeNumber(1, 5_000), 12)
    .option('--seed <number>', 'what chance begins with: the same seed gives the same cluster, times and faults', wholeNumber(0, 4_294_967_295), 7)
    .option('--fault <name>', 'something that goes wrong, as docs/simulator.md lists it; NAME@NODE chooses the node; may be repeated', collected, [])
    .option('--json', 'print the report alone on stdout, as `report -o json` does', false)
    .option('--keep', 'leave server, worker and cluster running until Ctrl-C', false)
    .option('--port <port>', 'port of Temporal, its Web UI 1000 above (free ones by default)', wholeNumber(1, 64_535))
    .action(async (options: DemoCommandOptions) => finish(await (await import('./commands/demo.ts')).demo(context, options)));
}

function addBefore(program: Command, context: CommandContext, finish: Finish): void {
  program.command('validate').argument('<file>', 'spec to check').helpGroup(GROUP.before)
    .description('check a spec; needs neither cluster nor Temporal')
    .action(async (file: string) => finish(await (await import('./commands/validate.ts')).validate(context, file)));
  program.command('doctor').helpGroup(GROUP.before)
    .description('check every way that an upgrade takes: Temporal, worker, API, SSH, sudo')
    .addOption(new Option('-f, --file <file>', 'spec of the upgrade; without it only Temporal and its workers are checked'))
    .addOption(outputOption())
    .action(async ({ file, output }: DoctorOptions) => finish(await (await import('./commands/doctor.ts')).doctor(context, { output, ...(file === undefined ? {} : { file }) })));
  program.command('preflight').helpGroup(GROUP.before)
    .description('run the checks that start runs; changes nothing')
    .addOption(fileOption()).addOption(outputOption()).addOption(ignoreOption())
    .action(async (options: PlanOptions) => finish(await (await import('./commands/preflight.ts')).preflight(context, options)));
  program.command('plan').helpGroup(GROUP.before)
    .description('show what an upgrade would do now; exit code 2 where it would change anything')
    .addOption(fileOption()).addOption(outputOption()).addOption(dumpOption()).addOption(ignoreOption())
    .action(async (options: PlanOptions) => finish(await (await import('./commands/plan.ts')).plan(context, options)));
  program.command('rehearse').helpGroup(GROUP.before)
    .description('run the upgrade on a simulated twin of the cluster and say what would happen; exit code 2 where a drain would not end')
    .addOption(fileOption()).addOption(outputOption()).addOption(dumpOption())
    .option('--report <file>', 'take the times of steps from this output of `capstan report -o json`')
    .option('--runs <number>', 'upgrades to run, each with times of its own (20 by default, fewer in a cluster of thousands of pods)', wholeNumber(1, 1000))
    .option('--seed <number>', 'where chance begins: the same seed gives the same report', wholeNumber(0, 1_000_000), 1)
    .action(async (options: RehearseCommandOptions) => finish(await (await import('./commands/rehearse.ts')).rehearse(context, options)));
}

function addRun(program: Command, context: CommandContext, finish: Finish): void {
  program.command('start').helpGroup(GROUP.run)
    .description('plan, check, show both, ask, and begin the upgrade; where nobody can be asked, it waits for `capstan approve`')
    .addOption(fileOption()).addOption(ignoreOption())
    .option('-y, --yes', 'begin without asking', false)
    .option('--plan-hash <hash>', 'begin without asking where the plan has this hash, and not otherwise')
    .option('-w, --wait', 'follow it, and end with its outcome', false)
    .option('--no-input', 'never ask: without --yes the upgrade waits for `capstan approve`')
    .action(async (options: StartOptions) => finish(await (await import('./commands/start.ts')).start(context, options)));
  withWhich(program.command('approve').helpGroup(GROUP.run))
    .description('show the plan that waits, ask, and say yes to it')
    .option('--plan-hash <hash>', 'say yes to this plan and no other, without asking')
    .option('--no-input', 'never ask: without --plan-hash nothing is approved')
    .option('--reason <text>', 'why, for those who look')
    .action(async (options: ApproveOptions) => finish(await (await import('./commands/approve.ts')).approve(context, options)));
  withWhich(program.command('status').helpGroup(GROUP.run))
    .description('show phase, nodes and what each waits for').addOption(outputOption())
    .action(async (options: StatusOptions) => finish(await (await import('./commands/status.ts')).status(context, options)));
  withWhich(program.command('watch').helpGroup(GROUP.run))
    .description('follow an upgrade until it ends (exit code 0, 5 or 6) or needs a person (4)')
    .action(async (options: WhichOptions) => finish(await (await import('./commands/watch.ts')).watch(context, options)));
  withWhich(program.command('report').helpGroup(GROUP.run))
    .description('show what each step took').addOption(outputOption())
    .action(async (options: StatusOptions) => finish(await (await import('./commands/report.ts')).report(context, options)));
  withWhich(program.command('logs').argument('<node>', 'name of the node').argument('<step>', 'such as upgradeKubelet').helpGroup(GROUP.run))
    .description('print the whole output that a step left on its host')
    .action(async (node: string, step: string, options: WhichOptions) => finish(await (await import('./commands/logs.ts')).logs(context, node, step, options)));
  program.command('list').helpGroup(GROUP.run)
    .description('list upgrades that run or have ended').addOption(outputOption())
    .option('--limit <number>', 'how many at most', wholeNumber(1, 1000), 20)
    .action(async (options: ListOptions) => finish(await (await import('./commands/list.ts')).list(context, options)));
}

function addControl(program: Command, context: CommandContext, finish: Finish): void {
  withWhich(program.command('pause').helpGroup(GROUP.control))
    .description('start no further node; nodes in flight are finished')
    .option('--now', 'stop nodes in flight after the step under way', false)
    .option('--after <node|phase>', 'pause once this node or phase is done')
    .option('--reason <text>', 'why, for those who look')
    .action(async (options: PauseOptions) => finish(await (await import('./commands/control.ts')).pause(context, options)));
  withWhich(program.command('resume').helpGroup(GROUP.control))
    .description('go on after a pause, once the cluster was read again; what changed is shown')
    .option('--ignore-new', 'go on without what the plan has grown by: new nodes, and those that are not what was approved', false)
    .option('--reason <text>', 'why, for those who look')
    .action(async (options: ResumeOptions) => finish(await (await import('./commands/resume.ts')).resume(context, options)));
  withWhich(program.command('skip').argument('<node>', 'name of the node').helpGroup(GROUP.control))
    .description('leave a node as it is and go on without it')
    .option('--reason <text>', 'why, for those who look')
    .action(async (node: string, options: ReasonOptions) => finish(await (await import('./commands/resolve.ts')).skip(context, node, options)));
  withWhich(program.command('retry').argument('<node>', 'name of a held node').helpGroup(GROUP.control))
    .description('try a held node again from the step that failed')
    .option('--from <step>', 'begin with this step instead')
    .option('--force', 'let kubeadm apply with --force at the running version', false)
    .option('--reason <text>', 'why, for those who look')
    .action(async (node: string, options: RetryOptions) => finish(await (await import('./commands/resolve.ts')).retry(context, node, options)));
  withWhich(program.command('rollback').argument('[node]', 'name of a held node, or of an upgraded worker').helpGroup(GROUP.control))
    .description('take a node, all upgraded workers, or the whole cluster back to what was recorded before its change')
    .addOption(new Option('--scope <scope>', 'what goes back; node where one is named').choices(ROLLBACK_SCOPES))
    .option('--confirm <cluster>', 'with --scope cluster: name of the cluster, since what was written after the snapshot is lost')
    .option('--reason <text>', 'why, for those who look')
    .action(async (node: string | undefined, options: RollbackOptions) => finish(await (await import('./commands/rollback.ts')).rollback(context, node ?? null, options)));
  withWhich(program.command('force-drain').argument('<node>', 'name of a node that is draining, or held in its drain').helpGroup(GROUP.control))
    .description('delete the pods that are left on a node, past budgets and drain policy, with their grace periods')
    .requiredOption('--confirm <cluster>', 'name of the cluster: pods may be lost')
    .option('--reason <text>', 'why, for those who look')
    .action(async (node: string, options: ForceDrainOptions) => finish(await (await import('./commands/resolve.ts')).forceDrain(context, node, options)));
  withWhich(program.command('set').argument('<assignments...>', '[POOL.]maxUnavailable=COUNT or PERCENTAGE, [POOL.]drainTimeout=DURATION').helpGroup(GROUP.control))
    .description('change what a running upgrade goes by; running drains included')
    .option('--reason <text>', 'why, for those who look')
    .action(async (assignments: readonly string[], options: ReasonOptions) => finish(await (await import('./commands/set.ts')).set(context, assignments, options)));
  withWhich(program.command('cancel').helpGroup(GROUP.control))
    .description('end the upgrade: nodes in flight stop where they can be left, and what is ours is released')
    .option('--reason <text>', 'why, for those who look')
    .action(async (options: ReasonOptions) => finish(await (await import('./commands/control.ts')).cancel(context, options)));
  program.command('restore').helpGroup(GROUP.control)
    .description('take a whole cluster back to the etcd snapshot of an upgrade that has ended; without --confirm it shows what goes back and what is lost')
    .addOption(fileOption())
    .option('--snapshot <file|upgrade>', 'path on the worker\'s machine, or id of an upgrade; the newest of the cluster without it')
    .option('--confirm <cluster>', 'name of the cluster: what was written after the snapshot is lost')
    .option('--reason <text>', 'why, for those who look')
    .option('-w, --wait', 'follow it, and end with its outcome', false)
    .addOption(outputOption())
    .action(async (options: RestoreOptions) => finish(await (await import('./commands/restore.ts')).restore(context, options)));
  program.command('release').argument('[cluster]', 'name of the cluster, reached as its last upgrade reached it').helpGroup(GROUP.control)
    .description('give back cordons, taints and the lock that a lost upgrade left; never a person\'s cordon')
    .addOption(new Option('-f, --file <file>', 'spec that says how the cluster is reached, where Temporal no longer knows'))
    .option('-y, --yes', 'release without asking', false)
    .option('--no-input', 'never ask: without --yes nothing is released')
    .option('--foreign <reason>', 'release too what an upgrade of another Temporal has left, which nobody here can ask')
    .action(async (cluster: string | undefined, options: ReleaseOptions) => finish(await (await import('./commands/release.ts')).release(context, cluster, options)));
}

function addService(program: Command, context: CommandContext, finish: Finish): void {
  program.command('dev').helpGroup(GROUP.service)
    .description('run a Temporal server with its Web UI, and a worker, on this machine')
    .option('--port <port>', 'port of the server (7233 by default)', wholeNumber(1, 65_535))
    .option('--ui-port <port>', 'port of the Web UI (1000 above the server by default)', wholeNumber(1, 65_535))
    .option('--ephemeral', 'keep the state in memory only', false)
    .option('--no-worker', 'start the server alone')
    .action(async (options: DevCommandOptions) => finish(await (await import('./commands/dev.ts')).dev(context, options)));
  program.command('worker').helpGroup(GROUP.service)
    .description('run a worker: it alone opens clusters and hosts')
    .action(async () => finish(await (await import('./commands/worker.ts')).worker(context)));
  program.command('version').helpGroup(GROUP.service)
    .description('print the version').addOption(outputOption())
    .action(async (options: { readonly output: Format }) => finish(await (await import('./commands/version.ts')).version(context, options)));
}

function withWhich(command: Command): Command {
  for (const option of whichOptions()) command.addOption(option);
  return command;
}
