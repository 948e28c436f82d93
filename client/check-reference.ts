import { CHECKERS, CHECKS } from '../workflows/domain/checks.ts';
import type { CheckInfo } from '../workflows/domain/checks.ts';

const BY = {
  preflight: ['Before an upgrade', 'Made by `capstan preflight` and `capstan start`, and once more by the upgrade itself before its first change.'],
  doctor: ['Of the way to the cluster', 'Made by `capstan doctor`.'],
  upgrade: ['Of an upgrade that runs', 'What the upgrade itself has to say, in its report.'],
} as const satisfies Readonly<Record<CheckInfo['by'], readonly [string, string]>>;

/** Reference of every check as Markdown, from the table that findings take their ids from. */
export function checkReference(): string {
  const all: readonly (readonly [string, CheckInfo])[] = Object.entries(CHECKS);
  return [
    '# Checks',
    '',
    'A finding names its check, what was found, where, and what to do about it. One that blocks keeps an upgrade from starting, one that warns does not, and `info` is a check that holds. A check that cannot be made blocks as well.',
    '',
    '`--ignore CHECK` on `plan`, `preflight` and `start` waives a check everywhere, `--ignore CHECK@NODE` on one node; it may be repeated. What is waived is told one step less severe, with the words "ignored by --ignore", and blocks nothing. Waivers are part of the plan and of its hash: whoever approves it sees them, the checks that the upgrade itself makes before its first change go by them, and the report repeats them. Version skew, downgrades, skipped minors, the health of etcd, its snapshot, the lock of the cluster and who a host is are never waived.',
    '',
    ...CHECKERS.flatMap((by) => [
      `## ${BY[by][0]}`, '', BY[by][1], '', ...table(all.filter(([, check]) => check.by === by), by === 'preflight'), '',
    ]),
    'Generated from `workflows/domain/checks.ts` by `node client/generate-reference.ts`.',
    '',
  ].join('\n');
}

function table(rows: readonly (readonly [string, CheckInfo])[], withWaivable: boolean): readonly string[] {
  const head = withWaivable ? ['| Check | Passes where, or shows | Waivable |', '| --- | --- | --- |'] : ['| Check | Passes where, or shows |', '| --- | --- |'];
  return [...head, ...rows.map(([id, { about, waivable }]) => `| \`${id}\` | ${about} |${withWaivable ? ` ${waivable ? 'yes' : '**never**'} |` : ''}`)];
}
