import { describeConfig } from '../config/describe.ts';
import type { Command } from './context.ts';
import { loadFor } from './load.ts';

/** `raceway check` */
export const check: Command = {
  name: 'check',
  summary: 'check the configuration and show what is in effect',
  description:
    'Reads the configuration as `raceway serve` would. Prints every key with its value and source,\n' +
    'secrets masked, and warnings; or all faults, with exit code 1. Starts nothing.',
  options: ['config', 'host', 'port'],
  run(values, context) {
    const loaded = loadFor(values, context);
    context.print(describeConfig(loaded));
    for (const { level, text } of loaded.notes) {
      context.tell(level === 'warn' ? `WARNING: ${text}` : text);
    }
    context.tell('The configuration is sound.');
    return 0;
  },
};
