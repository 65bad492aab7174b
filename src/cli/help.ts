import type { Command } from './context.ts';
import { type Option, type OptionName, options } from './option.ts';

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
  const written = (name: OptionName) => [`--${name}`, options[name].value ?? []].flat().join(' ');
  const usage = command.options.map((name) => ` [${written(name)}]`).join('');
  const rows = command.options.map((name): [string, string] => {
    const { short, description }: Option = options[name];
    return [`${short === null ? '' : `-${short}, `}${written(name)}`, description];
  });
  const operand = operandUsage(command);
  // A command of others ends the options of ours.
  const isCommandLine = operand.startsWith(' -- ');
  return [
    `Usage: raceway ${command.name}${isCommandLine ? usage + operand : operand + usage}`,
    '',
    command.description,
    '',
    ...columns([...rows, ['-h, --help', 'print this']]),
  ].join('\n');
}

function operandUsage({ operand }: Command): string {
  return operand === undefined ? '' : ` ${operand.name}${operand.countMax > 1 ? '...' : ''}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
