import { InvalidArgumentError, Option } from 'commander';
import { FORMATS } from './render/output.ts';

/** `-o`, for commands that print data. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how data is printed').choices([...FORMATS]).default('table');
}

/** `-f` of commands that read a spec. */
export function fileOption(): Option {
  return new Option('-f, --file <file>', 'spec of the upgrade').makeOptionMandatory();
}

/** `--ignore`, for commands that make the checks of an upgrade. */
export function ignoreOption(): Option {
  return new Option('--ignore <check[@node]>', 'let this check not block, everywhere or on one node; may be repeated, and is part of the plan and its hash (docs/checks.md)').argParser(collected).default([], 'none');
}

/** `--dump`, for commands that can do with files instead of the cluster. */
export function dumpOption(): Option {
  return new Option('--dump <folder>', 'read `kubectl get -o json` files instead of the cluster; needs neither Temporal nor access (docs/rehearse.md)');
}

/** `-f` and `--cluster` of commands about a run. */
export function whichOptions(): readonly Option[] {
  return [
    new Option('-f, --file <file>', 'spec of the upgrade; not needed while exactly one runs'),
    new Option('--cluster <name>', 'name of the cluster, instead of -f'),
  ];
}

/** Reads a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}

/** Adds up an option that may be repeated. */
export function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
