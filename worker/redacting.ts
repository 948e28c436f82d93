import type { ActivityInterceptorsFactory, Logger, LogMetadata } from '@temporalio/worker';
import { redactedError, redactedText, redactedValue } from '../activities/redaction/redacted.ts';

/** The gate that every result and failure of an activity passes on its way out. Heartbeats pass one of their own: `currentActivity`. */
export const redactingActivities: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return redactedValue(await next(input));
      } catch (error) {
        throw redactedError(error);
      }
    },
  },
});

/** The gate of the log: our lines, those of the SDK and those of its core. */
export function redactingLogger(logger: Logger): Logger {
  const clean = (meta: LogMetadata | undefined): LogMetadata | undefined => {
    if (meta === undefined) return undefined;
    const cleaned = redactedValue(Object.fromEntries(Object.entries(meta)));
    // Symbols, such as that of the time, stay.
    return typeof cleaned === 'object' ? { ...meta, ...cleaned } : undefined;
  };
  return {
    log: (level, message, meta) => { logger.log(level, redactedText(message), clean(meta)); },
    trace: (message, meta) => { logger.trace(redactedText(message), clean(meta)); },
    debug: (message, meta) => { logger.debug(redactedText(message), clean(meta)); },
    info: (message, meta) => { logger.info(redactedText(message), clean(meta)); },
    warn: (message, meta) => { logger.warn(redactedText(message), clean(meta)); },
    error: (message, meta) => { logger.error(redactedText(message), clean(meta)); },
  };
}
