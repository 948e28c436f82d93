// Loaded with --import: at its end the process writes the seconds of processor time that it took to the file that PROCESSOR_TIME names.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.PROCESSOR_TIME, String((user + system) / 1e6));
});
