import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { WorkflowBundlePath } from '@temporalio/worker';
import { compressingCodec } from '../../codec/compress.ts';
import { workflowBundlePath } from '../../worker/bundle.ts';
import { placesOf } from '../../worker/places.ts';
import { temporalProgram, testServerProgram } from '../../worker/temporal/programs.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';

// temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
const KEYWORD = 2;

/** As the worker and the command line have it. */
export const CONVERTER = { payloadCodecs: [compressingCodec] };

const say = (line: string): void => { process.stderr.write(`${line}\n`); };

/** A time-skipping server of its own. The caller tears it down. */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await testServerProgram(placesOf(process.env), say);
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ client: { dataConverter: CONVERTER }, server: { executable: { type: 'existing-path', path } } });
  await environment.connection.operatorService.addSearchAttributes({
    namespace: environment.namespace ?? 'default',
    searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, KEYWORD])),
  });
  return environment;
}

/** A development server of its own, in memory, on a free port, with our search attributes. The caller tears it down. */
export async function devServer(more: readonly string[] = []): Promise<TestWorkflowEnvironment> {
  const path = await temporalProgram(placesOf(process.env), say);
  // The server takes its environment from us. With its default the garbage collector takes a quarter of its time.
  process.env['GOGC'] ??= '400';
  return TestWorkflowEnvironment.createLocal({
    client: { dataConverter: CONVERTER },
    server: { executable: { type: 'existing-path', path }, searchAttributes: Object.values(SEARCH_ATTRIBUTES), ui: false, extraArgs: ['--log-level', 'error', ...more] },
  });
}

// Tests fail workflows on purpose; only what is wrong with the worker itself is worth reading.
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });

/** The workflow code as a worker has it: bundled once for each state of the sources, and kept in the cache. */
export async function workflowBundle(): Promise<WorkflowBundlePath> {
  return { codePath: await workflowBundlePath(placesOf(process.env).cache) };
}
