import { z } from 'zod';
import { DURATION_FORM, DURATION_PATTERN } from '../workflows/domain/durations.ts';
import { FILE, VARIABLE } from './patterns.ts';

/** What a key holds, for the reference, editors and errors. */
export interface Description {
  /** Meaning, unit and effect. */
  readonly description: string;
  /** What would be right, as an error says it: `a version such as v1.34.4`. */
  readonly expected: string;
  /** Shown by editors and the reference. */
  readonly example?: string | number;
}

/** Keywords that go with a schema; `expected` is ours and is left out of the published JSON Schema. */
export function meta({ description, expected, example }: Description): Record<string, unknown> {
  return { description, expected, ...(example === undefined ? {} : { examples: [example] }) };
}

export function text(pattern: RegExp, description: Description): z.ZodString {
  return z.string().regex(pattern).meta(meta(description));
}

export function flag(fallback: boolean, description: string): z.ZodDefault<z.ZodBoolean> {
  return z.boolean().default(fallback).meta(meta({ description, expected: 'true or false' }));
}

export function port(description: string): z.ZodInt {
  return z.int().min(1).max(65_535).meta(meta({ description, expected: 'a port from 1 to 65535', example: 22 }));
}

export function duration(description: string): z.ZodString {
  return text(DURATION_PATTERN, { description, expected: DURATION_FORM, example: '15m' });
}

const EITHER = 'either {file: PATH} or {env: NAME}; nothing secret stands in the spec itself';

/** A file or variable that the worker opens; the spec carries no secret. */
export function reference(description: string, example: string) {
  return z.strictObject({
    file: text(FILE, { description: 'Path on the worker\'s machine. Relative to the folder of the spec; `~` is the worker\'s home.', expected: 'a path such as ~/.ssh/id_ed25519', example }).optional(),
    env: text(VARIABLE, { description: 'Environment variable of the worker that holds the content itself.', expected: 'the name of an environment variable', example: 'CAPSTAN_KEY' }).optional(),
  }).superRefine((value, context) => {
    if ((value.file === undefined) !== (value.env === undefined)) return;
    const message = value.file === undefined ? 'names neither a file nor a variable' : 'names both a file and a variable';
    context.addIssue({ code: 'custom', message, params: { expected: EITHER } });
  }).meta({ ...meta({ description, expected: EITHER }), minProperties: 1, maxProperties: 1 });
}

/** A file that the worker opens. */
export function fileReference(description: string, example: string) {
  return z.strictObject({
    file: text(FILE, { description: 'Path on the worker\'s machine. Relative to the folder of the spec; `~` is the worker\'s home.', expected: `a path such as ${example}`, example }),
  }).meta(meta({ description, expected: '{file: PATH}' }));
}
