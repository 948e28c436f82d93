import { DefaultLogger } from '@temporalio/worker';
import type { Logger, LogLevel as SdkLevel } from '@temporalio/worker';
import { pino } from 'pino';
import type { LogLevel } from './config.ts';
import { redactingLogger } from './redacting.ts';

const SDK_LEVEL = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const satisfies Record<LogLevel, SdkLevel>;

/** Lines for a person where stderr is a terminal, JSON lines for a collector elsewhere; without secrets in either. */
export function createLogger(level: LogLevel): Logger {
  return redactingLogger(plainLogger(level));
}

function plainLogger(level: LogLevel): Logger {
  if (process.stderr.isTTY) return new DefaultLogger(SDK_LEVEL[level]);
  // Synchronous, so that the last line before a crash is there.
  const json = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, pino.destination({ dest: 2, sync: true }));
  return new DefaultLogger(SDK_LEVEL[level], ({ level: entryLevel, message, meta }) => {
    json[pinoLevel(entryLevel)](meta ?? {}, message);
  });
}

function pinoLevel(level: SdkLevel): LogLevel {
  switch (level) {
    case 'TRACE': return 'trace';
    case 'DEBUG': return 'debug';
    case 'INFO': return 'info';
    case 'WARN': return 'warn';
    case 'ERROR': return 'error';
  }
}
