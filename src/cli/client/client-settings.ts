import { RacewayError } from '../../domain/errors.ts';
import type { Context } from '../context.ts';
import type { OptionName, OptionValues } from '../option.ts';
import { type Server, serverOf, serverVariable } from '../server-client.ts';

/** Options of all commands that show what a server has. */
export const clientOptions = [
  'server',
  'key',
  'ca',
  'json',
  'format',
  'no-color',
  'utc',
  'quiet',
] as const satisfies readonly OptionName[];

/** How an answer is written; `human` is a table on a terminal, and values with tabs between in a pipe. */
export const formats = ['human', 'json', 'logfmt', 'md'] as const;
export type Format = (typeof formats)[number];

/** Formats of reports, which only lists of races have. */
const reportFormats = ['csv', 'sarif'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** The report that is asked for instead of a listing; null: none is. */
export function reportFormatOf({ format }: OptionValues): ReportFormat | null {
  return reportFormats.find((name) => name === format) ?? null;
}

/** Who is asked, and how the answer is written. */
export interface ClientSettings {
  readonly server: Server;
  readonly format: Format;
  /** Columns of the terminal; null: the output goes to a program or a file. */
  readonly width: number | null;
  readonly hasColors: boolean;
  readonly isUtc: boolean;
  /** Whether remarks beside the answer are left out. */
  readonly isQuiet: boolean;
}

/** The server that `npm start` and `raceway serve` give without any configuration. */
const serverByDefault = 'http://127.0.0.1:8080';

/** @throws {RacewayError} when an option does not fit */
export function clientSettings(values: OptionValues, context: Context): ClientSettings {
  const { environment, terminal } = context;
  const server = values.server ?? environment[serverVariable] ?? serverByDefault;
  const mayColor = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return {
    server: serverOf({ ...values, server }, context),
    format: formatOf(values),
    width: terminal?.columns ?? null,
    hasColors: terminal !== null && mayColor && values['no-color'] !== true,
    isUtc: values.utc === true,
    isQuiet: values.quiet === true,
  };
}

function formatOf({ json, format }: OptionValues): Format {
  if (json === true && format !== undefined && format !== 'json') {
    throw new RacewayError('bad_request', `--json and --format ${format} exclude each other`);
  }
  const found = formats.find((name) => name === (json === true ? 'json' : (format ?? 'human')));
  if (found !== undefined) return found;
  throw new RacewayError('bad_request', `--format must be one of ${formats.join(', ')}`);
}

/**
 * A whole number of an option.
 *
 * @throws {RacewayError} when it is none, or out of bounds
 */
export function numberOption(
  name: OptionName,
  text: string | undefined,
  { fallback, min, max }: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  const message = `--${name} must be a whole number from ${min} to ${max}`;
  throw new RacewayError('bad_request', message);
}
