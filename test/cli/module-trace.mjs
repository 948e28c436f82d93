// Loaded with --import: writes every module that is loaded to the file that MODULE_TRACE names.
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

registerHooks({
  load: (url, context, next) => {
    appendFileSync(process.env.MODULE_TRACE, `${url}\n`);
    return next(url, context);
  },
});
