import { parseArgs } from 'node:util';
import { nearest } from '../config/spelling.ts';
import type { Command } from './context.ts';
import { type Option, type OptionName, type OptionValues, options } from './option.ts';

/** What a command line asks for. */
export type Request =
  | { kind: 'run'; command: Command; values: OptionValues; operands: readonly string[] }
  /** Help for one command, or with null for all. */
  | { kind: 'help'; command: Command | null }
  | { kind: 'version' }
  /** One sentence on what is wrong with it. */
  | { kind: 'wrong'; sentence: string };

/** Reads the arguments behind the program's name. */
export function readArguments(args: readonly string[], commands: readonly Command[]): Request {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...parserOptions,
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const [name, ...operands] = tokens.flatMap((token) =>
    token.kind === 'positional' ? [token.value] : [],
  );
  const command = commands.find((candidate) => candidate.name === name) ?? null;
  if (name !== undefined && command === null) return wrong(unknownCommand(name, commands));
  const given = tokens.filter((token) => token.kind === 'option');
  if (given.some((token) => token.name === 'help')) return { kind: 'help', command };
  if (given.some((token) => token.name === 'version')) return { kind: 'version' };

  const values: OptionValues = {};
  for (const { name: option, rawName, value, inlineValue } of given) {
    if (!isOptionOf(option, command)) return wrong(unknownOption(rawName, command));
    if (values[option] !== undefined) return wrong(`${rawName} is given twice.`);
    const { value: placeholder }: Option = options[option];
    if (placeholder === null && value !== undefined) return wrong(`${rawName} takes no value.`);
    if (placeholder !== null && (value === undefined || (!inlineValue && value.startsWith('-')))) {
      return wrong(`${rawName} needs a value: ${rawName} ${placeholder}.`);
    }
    Object.assign(values, { [option]: value ?? true });
  }
  if (command === null) return wrong('A command is missing.');
  if (operands.length === 0 && command.operand !== undefined) {
    return wrong(`raceway ${command.name} needs ${command.operand.name} behind it.`);
  }
  const surplus = operands[command.operand?.countMax ?? 0];
  if (surplus !== undefined) {
    return wrong(`raceway ${command.name} takes no argument like ${shown(surplus)}.`);
  }
  return { kind: 'run', command, values, operands };
}

const parserOptions = Object.fromEntries(
  Object.entries<Option>(options).map(([name, { short, value }]) => [
    name,
    {
      type: value === null ? ('boolean' as const) : ('string' as const),
      ...(short === null ? {} : { short }),
    },
  ]),
);

function isOptionOf(option: string, command: Command | null): option is OptionName {
  const known: readonly string[] = command === null ? Object.keys(options) : command.options;
  return known.includes(option);
}

function unknownCommand(name: string, commands: readonly Command[]): string {
  const names = commands.map((command) => command.name);
  const likely = nearest(name, names);
  const suggestion = likely === null ? `known are ${names.join(', ')}` : `did you mean ${likely}?`;
  return `raceway has no command ${shown(name)}; ${suggestion}`;
}

function unknownOption(rawName: string, command: Command | null): string {
  const known = ['help', ...(command?.options ?? Object.keys(options))].map((name) => `--${name}`);
  const program = command === null ? 'raceway' : `raceway ${command.name}`;
  const likely = nearest(rawName, known);
  const suggestion = likely === null ? `known are ${known.join(', ')}` : `did you mean ${likely}?`;
  return `${program} has no option ${shown(rawName)}; ${suggestion}`;
}

function wrong(sentence: string): Request {
  return { kind: 'wrong', sentence: /[.?]$/.test(sentence) ? sentence : `${sentence}.` };
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
