import type { Command } from './context.ts';
import { type Option, options } from './option.ts';

/** The help on all commands. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    'Raceway collects events from instrumented services and tells which requests raced, why, and',
    'what made them slow.',
    '',
    'Usage: raceway COMMAND [OPTIONS]',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    ...columns([
      ['-h, --help', 'help on raceway, or behind a command on that'],
      ['--version', 'print the version'],
    ]),
    '',
    'Begin with: raceway serve',
  ].join('\n');
}

/** The help on one command. */
export function commandHelp(command: Command): string {
  const usage = command.options.map((name) => ` [--${name} ${options[name].value}]`).join('');
  const rows = command.options.map((name): [string, string] => {
    const { short, value, description }: Option = options[name];
    return [`${short === null ? '' : `-${short}, `}--${name} ${value}`, description];
  });
  return [
    `Usage: raceway ${command.name}${usage}`,
    '',
    command.description,
    '',
    ...columns([...rows, ['-h, --help', 'print this']]),
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
