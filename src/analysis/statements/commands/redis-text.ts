import { isRedisCommand } from './redis-commands.ts';

/** One command as it was written: its name in upper case, and its arguments as far as they are shown. */
export interface RedisCommand {
  readonly name: string;
  /** Null for an argument that is hidden. */
  readonly words: readonly (string | null)[];
  /** Arguments behind {@link words} of which only the number is told. */
  readonly hidden: number;
  /** What follows the name. */
  readonly rest: string;
}

/** ioredis tells so what it leaves out. */
const OTHERS = /\[(\d{1,6}) other arguments?\]$/;

/**
 * The commands of a text: pipelines have one on each line. A line that begins with no command belongs to
 * the one before it, for scripts and values have lines too.
 */
export function redisCommands(text: string): readonly RedisCommand[] {
  const texts: string[][] = [];
  for (const line of text.split('\n')) {
    const isCommand = isRedisCommand(nameIn(line));
    const last = texts.at(-1);
    if (isCommand || last === undefined) texts.push([line]);
    else last.push(line);
  }
  return texts.map((lines) => commandIn(lines.join('\n')));
}

function nameIn(line: string): string {
  return (/^\s*([\w.]+)/.exec(line)?.[1] ?? '').toUpperCase();
}

function commandIn(text: string): RedisCommand {
  const name = nameIn(text);
  const rest = text.trim().slice(name.length).trim();
  const others = OTHERS.exec(rest);
  const shown = others === null ? rest : rest.slice(0, others.index).trim();
  const words = shown === '' ? [] : shown.split(/\s+/);
  return {
    name,
    words: words.map((word) => (word === '?' ? null : word)),
    hidden: Number(others?.[1] ?? 0),
    rest: shown,
  };
}
