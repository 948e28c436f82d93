import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { exitCodeOf, findingsTable } from '../render/findings.ts';
import { printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { placed, readSpecFile } from '../spec-file.ts';
import type { SpecFile } from '../spec-file.ts';
import { pausedWords } from '../temporal/own-controls.ts';
import type { UpgradeClient } from '../temporal/port.ts';
import { versionText } from '../version.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';

export interface DoctorOptions {
  /** Without a spec only Temporal and its workers are checked. */
  readonly file?: string;
  readonly output: Format;
}

/** Checks every way that an upgrade takes. Exit code 75 where Temporal or a worker is missing, 3 where anything else blocks. */
export async function doctor(context: CommandContext, { file, output }: DoctorOptions): Promise<ExitCode> {
  const { terminal } = context;
  const specFile = file === undefined ? null : await readSpecFile(context, file);
  const findings = await examine(context, specFile);
  await printData(terminal, output, findings, (isWide) => findingsTable(findings, { colour: terminal.colour, columns: isWide ? null : terminal.columns() }));
  const isCutOff = findings.some(({ check, severity }) => severity === 'block' && (check === 'temporal-reachable' || check === 'worker-polling'));
  return isCutOff ? EXIT.unreachable : exitCodeOf(findings);
}

async function examine(context: CommandContext, specFile: SpecFile | null): Promise<readonly Finding[]> {
  const own: Finding = { check: 'client', node: null, severity: 'info', message: versionText(), next: null };
  let client: UpgradeClient;
  try {
    client = await context.connect();
  } catch (error) {
    return [own, findingOf('temporal-reachable', error)];
  }
  try {
    const service = [...await client.checkService(), ...await examinePauses(client)];
    if (specFile === null || service.some(({ severity }) => severity === 'block')) return [own, ...service];
    return [own, ...service, ...(await examineCluster(context, client, specFile))];
  } finally {
    await client.close();
  }
}

/** Of the upgrades that run. Where Temporal itself is not well, the other findings say so. */
async function examinePauses(client: UpgradeClient): Promise<readonly Finding[]> {
  try {
    const clusters = await client.running();
    const found = await Promise.all(clusters.map(async (cluster) => (await client.pauses(cluster)).map((pause) => ({ cluster, pause }))));
    return found.flat().map(({ cluster, pause }): Finding => ({
      check: 'temporal-pauses', severity: 'warn', node: pause.node, next: pause.undo,
      message: `${pause.step === null ? 'a workflow' : pause.step} of the upgrade of ${cluster} is ${pausedWords(pause)}; \`capstan resume\` does not undo it`,
    }));
  } catch {
    return [];
  }
}

async function examineCluster({ terminal }: CommandContext, client: UpgradeClient, specFile: SpecFile): Promise<readonly Finding[]> {
  try {
    const { findings } = await placed(specFile, () => client.inspect({ spec: specFile.spec, what: 'doctor' }, terminal.say));
    return findings;
  } catch (error) {
    return [findingOf('cluster-readable', error)];
  }
}

function findingOf(check: CheckId, error: unknown): Finding {
  if (!(error instanceof CommandError)) throw error;
  return { check, node: null, severity: 'block', message: error.message, next: error.next };
}
