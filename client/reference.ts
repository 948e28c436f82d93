import type { Command, Option } from 'commander';
import { EXIT } from './exit-codes.ts';

/** Reference of every command as Markdown, from the same tree that `--help` shows. */
export function commandReference(program: Command): string {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  return [
    '# The command line',
    '',
    'Data goes to stdout, words to stderr. `-o table|wide|json|yaml` chooses the form of data; `NO_COLOR` takes the colour away, and nothing is redrawn where stdout is no terminal. Every error says what happened, where, why and what to do next. Ctrl-C never stops an upgrade: it goes on without whoever watches.',
    '',
    'Commands about a run take `-f FILE` or `--cluster NAME`; neither is needed while exactly one upgrade runs.',
    '',
    ...commands.flatMap(section),
    '## Exit codes',
    '',
    '| Code | Meaning |',
    '| --- | --- |',
    ...Object.entries(EXIT).map(([name, code]) => `| ${code} | ${MEANING[name] ?? ''} |`),
    '',
    '`start --wait` and `watch` end with the outcome of the upgrade: 0 done, 4 held or paused with nothing in flight, 5 rolled back, 6 failed or cancelled. `status` ends with 0 whatever it shows.',
    '',
    '## Variables',
    '',
    '| Variable | Meaning |',
    '| --- | --- |',
    ...VARIABLES.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`),
    '',
    '## Start-up',
    '',
    'The command line loads no Kubernetes, SSH or worker code, and the Temporal client only where it talks to Temporal; a test holds that. On a machine with 2 cores, under Node 24, `capstan --help` takes about 0.15 s and `capstan status` about 0.35 s with a server on the same machine.',
    '',
    'Generated from the commands themselves by `node client/generate-reference.ts`.',
    '',
  ].join('\n');
}

const MEANING: Readonly<Record<string, string>> = {
  ok: 'All is well',
  error: 'An error; nothing further was done',
  attention: 'The plan has changes, or preflight or `doctor` warns',
  blocked: 'Preflight or `doctor` blocks; nothing was started',
  held: 'Held or paused: needs a person',
  rolledBack: 'The workers were rolled back and the control plane stays at the new version, or the whole cluster was restored',
  failed: 'Failed or cancelled: manual work may be needed',
  usage: 'The command line is wrong',
  unreachable: 'Temporal does not answer, or no worker polls',
  interrupted: 'Ctrl-C; an upgrade that runs goes on',
};

const VARIABLES: readonly (readonly [string, string])[] = [
  ['CAPSTAN_TEMPORAL_ADDRESS', 'Host and port of Temporal; 127.0.0.1:7233 by default'],
  ['CAPSTAN_TEMPORAL_NAMESPACE', 'Namespace; `default` by default'],
  ['CAPSTAN_TEMPORAL_UI', 'Address of the Web UI, for links; by default 1000 ports above a local server'],
  ['CAPSTAN_TEMPORAL_TLS', '`true` speaks TLS without any of the files below'],
  ['CAPSTAN_TEMPORAL_TLS_CA', 'File of the authority that signed the server\'s certificate'],
  ['CAPSTAN_TEMPORAL_TLS_CERT', 'File of the client\'s certificate'],
  ['CAPSTAN_TEMPORAL_TLS_KEY', 'File of the client\'s key'],
  ['CAPSTAN_TEMPORAL_TLS_SERVER_NAME', 'Name that the server\'s certificate must carry, where it is not the host\'s'],
  ['CAPSTAN_TEMPORAL_API_KEY', 'API key; speaks TLS'],
  ['CAPSTAN_TASK_QUEUE', 'Task queue of the workers; `capstan` by default'],
  ['NO_COLOR, FORCE_COLOR', 'Colour never, or also where stdout is no terminal'],
  ['CAPSTAN_DEBUG', 'Prints the stack of a fault of capstan itself'],
];

function section(command: Command): readonly string[] {
  const parts = command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`));
  return [
    `## capstan ${[command.name(), ...parts].join(' ')}`,
    '',
    `${sentence(command.description())}`,
    '',
    ...(command.options.length === 0 ? [] : ['| Option | Meaning |', '| --- | --- |', ...command.options.map(row), '']),
  ];
}

function row(option: Option): string {
  const required = option.mandatory ? '; **required**' : '';
  const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`;
  const fallback: unknown = option.defaultValue;
  const shown = typeof fallback === 'string' || typeof fallback === 'number' ? `; ${fallback} by default` : '';
  return `| \`${option.flags.replaceAll('|', '\\|')}\` | ${sentenceStart(option.description)}${choices}${shown}${required} |`;
}

function sentence(text: string): string {
  return `${sentenceStart(text)}.`;
}

function sentenceStart(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
