import { parseArgs } from 'node:util';
import { nearest } from '../config/spelling.ts';
import type { Command, OptionValues } from './context.ts';
import { type OptionName, options } from './option.ts';

/** What a command line asks for. */
export type Request =
  | { kind: 'run'; command: Command; values: OptionValues }
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
      config: { type: 'string', short: options.config.short },
      host: { type: 'string' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const [name, ...surplus] = tokens.flatMap((token) =>
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
    if (value === undefined || (!inlineValue && value.startsWith('-'))) {
      return wrong(`${rawName} needs a value: ${rawName} ${options[option].value}.`);
    }
    values[option] = value;
  }
  if (command === null) return wrong('A command is missing.');
  if (surplus[0] !== undefined) {
    return wrong(`raceway ${command.name} takes no argument like ${shown(surplus[0])}.`);
  }
  return { kind: 'run', command, values };
}

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
