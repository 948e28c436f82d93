import { CommandError, usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { follow } from '../follow.ts';
import { person } from '../person.ts';
import { findingsTable } from '../render/findings.ts';
import { planTable } from '../render/plan.ts';
import { timeOf } from '../render/text.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { UpgradeClient, UpgradeSummary } from '../temporal/port.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import { planHashProblem } from '../../workflows/domain/hash-plan.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { requirePlan } from './plan.ts';

export interface StartOptions {
  readonly file: string;
  /** Starts without asking. */
  readonly yes: boolean;
  /** `CHECK` or `CHECK@NODE`, each. */
  readonly ignore?: readonly string[];
  /** Starts without asking where the plan has this hash. */
  readonly planHash?: string;
  /** Follows the upgrade to its outcome. */
  readonly wait: boolean;
  /** False under `--no-input`: nothing is asked, and the upgrade waits for `approve`. */
  readonly input: boolean;
}

/** Plans, shows plan and findings, asks, and starts the upgrade that was shown and no other. Where nobody can be asked, it waits for `approve` before its first change. */
export async function start(context: CommandContext, options: StartOptions): Promise<ExitCode> {
  const { terminal, onInterrupt } = context;
  const isAgreed = options.yes || options.planHash !== undefined;
  refuseHash(options);
  const specFile = await readSpecFile(context, options.file, options.ignore);
  const awaitApproval = !isAgreed && !(options.input && terminal.canAsk);
  const { name } = specFile.spec;
  onInterrupt('Nothing was started.');
  return withClient(context, async (client) => {
    refuseSecond(await client.find(name));
    const result = await placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'preflight' }, terminal.say));
    const plan = requirePlan(context, result);
    show(context, plan, result.findings);
    if (!plan.changes) {
      terminal.say(`\n${name} is at ${plan.to} already: there is nothing to do.`);
      return EXIT.ok;
    }
    if (result.findings.some(({ severity }) => severity === 'block')) {
      throw new CommandError('preflight blocks: nothing was started', { exitCode: EXIT.blocked, next: `do what is named above, then run \`capstan start -f ${options.file}\` again; docs/checks.md says which checks --ignore waives` });
    }
    requireHash(options, plan);
    if (!isAgreed && !awaitApproval && !(await agreed(context, plan))) {
      terminal.say('Nothing was started.');
      return EXIT.error;
    }
    refuseSecond(await client.start({ spec: specFile.spec, plan, by: person(), ...(awaitApproval ? { awaitApproval } : {}) }));
    onInterrupt(`The upgrade of ${name} goes on. Attach again with: capstan watch --cluster ${name}`);
    tellStarted(context, client, name, awaitApproval ? plan.hash : null);
    return options.wait ? follow(context, client, name) : EXIT.ok;
  });
}

function refuseHash({ planHash }: StartOptions): void {
  const problem = planHash === undefined ? null : planHashProblem(planHash);
  if (problem !== null) throw usageError(`--plan-hash: ${problem}`, 'nothing was started; `capstan plan` shows the plan and its hash');
}

/** A yes that was said to another plan is none to this one. */
function requireHash({ planHash, file }: StartOptions, plan: UpgradePlan): void {
  if (planHash === undefined || planHash === plan.hash) return;
  throw new CommandError(`the plan is ${plan.hash}, not ${planHash}: the cluster, the spec or a file that it names is not what that plan was made from, so nothing was started`, { next: `look at the plan above, or at \`capstan plan -f ${file}\`` });
}

/** Fails where an upgrade of this cluster runs: who started what, and when. */
function refuseSecond(other: UpgradeSummary | null): void {
  if (other === null || other.endedAt !== null) return;
  const { cluster, startedBy, target, startedAt, state, phase } = other;
  throw new CommandError(
    `an upgrade of ${cluster} runs already: started by ${startedBy ?? 'somebody'} at ${timeOf(startedAt)}, to ${target ?? 'another version'}, now ${state}${phase === null ? '' : ` in phase ${phase}`}`,
    { next: `capstan status --cluster ${cluster}` },
  );
}

function show({ terminal }: CommandContext, plan: UpgradePlan, findings: readonly Finding[]): void {
  const options = { colour: terminal.colour, columns: terminal.columns() };
  terminal.out(`${planTable(plan, false, options)}\n`);
  const wrong = findings.filter(({ severity }) => severity !== 'info');
  if (findings.length > 0) terminal.say(`\nPreflight: ${findings.length - wrong.length} of ${findings.length} checks hold.`);
  if (wrong.length > 0) terminal.out(`\n${findingsTable(wrong, options)}\n`);
}

async function agreed({ terminal }: CommandContext, plan: UpgradePlan): Promise<boolean> {
  const answer = await terminal.ask(`\nUpgrade ${plan.cluster} to ${plan.to}? Only "yes" starts it: `);
  return answer.trim() === 'yes';
}

function tellStarted({ terminal }: CommandContext, client: UpgradeClient, cluster: string, waiting: string | null): void {
  const page = client.page(cluster);
  if (waiting !== null) terminal.say(`\nThe upgrade of ${cluster} waits for approval: nothing is changed before. Say yes with: capstan approve --cluster ${cluster} --plan-hash ${waiting}`);
  else terminal.say(`\nThe upgrade of ${cluster} has begun. Follow it with: capstan watch --cluster ${cluster}`);
  if (page !== null) terminal.say(`Web UI: ${page}`);
}
