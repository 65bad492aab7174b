import { type DestinationStream, type LogFn, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LineOutput } from './audit/stream-sink.ts';
import type { Config } from './config/schema.ts';

/**
 * Members that hold keys, passwords or values of events, at whatever depth callers put them. They
 * should not be logged at all; this is for the day somebody does.
 */
const secretMembers = [
  ...['authorization', 'headers', 'rawHeaders', 'cookie', 'password', 'api_keys', 'apiKey', 'key'],
  ...['connection', 'connection_string', 'read_connection', 'config', 'settings'],
  ...['body', 'events', 'event', 'payload', 'metadata', 'old_value', 'new_value', 'args', 'value'],
  ...['parameters', 'values'],
];
const secretPaths = ['', '*.', '*.*.'].flatMap((above) =>
  secretMembers.map((member) => above + member),
);
/** A chain of causes longer than this is a ring. */
const causesMax = 5;

/** The lines of a log on their way to an output that may not take them: those are counted, and told. */
export class LogLines implements DestinationStream {
  readonly #output: LineOutput;
  #droppedLines = 0;
  #untoldLines = 0;

  constructor(output: LineOutput) {
    this.#output = output;
  }

  /** Lines that were not taken, since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  write(line: string): void {
    if (this.#untoldLines > 0 && this.#output.write(lossLine(this.#untoldLines)) !== false) {
      this.#untoldLines = 0;
    }
    if (this.#untoldLines === 0 && this.#output.write(line) !== false) return;
    this.#droppedLines += 1;
    this.#untoldLines += 1;
  }
}

function lossLine(lines: number): string {
  const time = new Date().toISOString();
  const msg = 'log lines were lost: nobody read standard output, or its disk was full';
  return `${JSON.stringify({ level: 'warn', time, lines, msg })}\n`;
}

/** A log of lines of JSON. */
export function createLog(logging: Config['logging'], destination: DestinationStream): Logger {
  // See `logOf`: the part of the server is left out unless asked for.
  const censor = (value: unknown, path: string[]) => {
    if (path[0] !== 'module') return '***';
    return logging.include_modules ? value : undefined;
  };
  const options = {
    level: logging.level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...secretPaths, 'module'], censor },
    serializers: { err: errorForLog, error: errorForLog },
    hooks: { logMethod: withSafeMessage },
  };
  return pino(options, destination);
}

/** Parts of the server that have something to say, named as their folders. */
type LoggedModule =
  | 'alerts'
  | 'analyser'
  | 'audit'
  | 'cli'
  | 'config'
  | 'http'
  | 'keys'
  | 'storage';

/** The log of one part of the server: `logging.include_modules` shows its name in each line. */
export function logOf<Log>(
  log: { child(bindings: { module: string }): Log },
  module: LoggedModule,
): Log {
  return log.child({ module });
}

/**
 * What of an error may be logged: name, message, code, stack and causes. Other members are left
 * out, as `pg` and others put values of events there; so are messages that quote their input.
 */
export function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const seen: Record<string, unknown>[] = [];
  for (let at: unknown = error; at instanceof Error && seen.length < causesMax; at = at.cause) {
    seen.push(withoutCause(at));
  }
  return seen.reduceRight((cause, outer) => ({ ...outer, cause }));
}

function withoutCause(error: Error): Record<string, unknown> {
  const message = safeMessage(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const described: Record<string, unknown> = { type: error.name, message };
  if ('code' in error && /^\w+$/.test(String(error.code))) described['code'] = error.code;
  return { ...described, stack: frames.join('\n') };
}

/** A line without a message of its own would get that of the error, whatever it quotes. */
function withSafeMessage(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [subject, message] = args as unknown[];
  const error: unknown = subject instanceof Error ? subject : (subject as { err?: unknown })?.err;
  if (message !== undefined || !(error instanceof Error)) {
    method.apply(this, args);
    return;
  }
  const members = subject instanceof Error ? { err: error } : (subject as object);
  method.call(this, members, safeMessage(error));
}

function safeMessage(error: Error): string {
  return quotesInput(error) ? '(left out: it may quote values)' : error.message;
}

/** `JSON.parse` quotes the text it fails on, Postgres the values it refuses. */
function quotesInput(error: Error): boolean {
  return error instanceof SyntaxError || 'severity' in error;
}
