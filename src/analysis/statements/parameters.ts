import type { ShownValue } from './effect.ts';
import { pythonParameters } from './python-parameters.ts';
import { arrayElements, type Found, shownValue } from './shown-value.ts';
import { statementLimits } from './statement-limits.ts';

/** What is revealed of the parameters of one statement. */
export interface Parameters {
  /** The value of a parameter, by its place from 0 or its name; null when nothing reveals it. */
  readonly value: (parameter: number | string) => ShownValue;
  /** The elements of a parameter that is a list; null when it is none, or nothing reveals it. */
  readonly list: (parameter: number | string) => readonly ShownValue[] | null;
}

/** Nothing is revealed, which most instrumentations do. */
export const noParameters: Parameters = { value: () => null, list: () => null };

type Lookup = (name: string) => unknown;

/**
 * The parameters that a span reveals, in whichever form. Unless there are as many as the text has
 * places, they are not believed: some instrumentations put `?` for literals as well.
 *
 * @param places parameters that are given by their places
 */
export function revealedParameters(attribute: Lookup, places: number): Parameters {
  if (places > statementLimits.parameters) return noParameters;
  const listed = listedParameters(attribute);
  if (listed !== null) return listed.length === places ? placed(listed) : noParameters;
  const python = attribute('db.statement.parameters');
  if (typeof python === 'string') {
    const found = pythonParameters(python);
    if (found instanceof Map) return named(found);
    return found !== null && found.length === places ? placed(found) : noParameters;
  }
  return numberedParameters(attribute, places);
}

/** Node's pg and Go's pgx give a list of texts. */
function listedParameters(attribute: Lookup): readonly Found[] | null {
  const pg = attribute('db.postgresql.values');
  if (Array.isArray(pg)) return pg.map((value) => (value === 'null' ? null : listedValue(value)));
  const pgx = attribute('pgx.query.parameters');
  return Array.isArray(pgx) ? pgx.map(goValue) : null;
}

function listedValue(value: unknown): Found {
  return (typeof value === 'string' ? arrayElements(value) : null) ?? shownValue(value);
}

/** Go writes `<nil>`, addresses of what is pointed at, and structures, as `%v` does. */
function goValue(value: unknown): ShownValue {
  if (typeof value !== 'string') return shownValue(value);
  return /^(?:<nil>$|0x[0-9a-f]{4,}$|[[{&]|map\[)/.test(value) ? null : shownValue(value);
}

/** `db.query.parameter.<key>`, of OpenTelemetry itself: by name, or by place from 0 or from 1. */
function numberedParameters(attribute: Lookup, places: number): Parameters {
  const at = (key: number | string) => attribute(`db.query.parameter.${key}`);
  const first = at(0) === undefined ? 1 : 0;
  const isWhole = at(first) !== undefined && at(places + first - 1) !== undefined;
  const isBelieved = isWhole && at(places + first) === undefined;
  const found = (parameter: number | string): Found => {
    // SQL Server's own spelling of names has the sign.
    if (typeof parameter === 'string') return listedValue(at(parameter) ?? at(`@${parameter}`));
    return isBelieved ? listedValue(at(parameter + first)) : null;
  };
  return parametersOf(found);
}

function placed(values: readonly Found[]): Parameters {
  return parametersOf((parameter) =>
    typeof parameter === 'number' ? (values[parameter] ?? null) : null,
  );
}

function named(values: ReadonlyMap<string, Found>): Parameters {
  return parametersOf((parameter) => values.get(String(parameter)) ?? null);
}

function parametersOf(found: (parameter: number | string) => Found): Parameters {
  return {
    value: (parameter) => {
      const value = found(parameter);
      return value === null || typeof value === 'string' ? value : null;
    },
    list: (parameter) => {
      const value = found(parameter);
      return value === null || typeof value === 'string' ? null : value;
    },
  };
}
