import type { Issue, Site, Witness, WitnessStep, WitnessView } from '../../api/types.ts';
import { microsecondsBetween } from '../time.ts';
import { accessWords, toldText } from '../value-text.ts';
import { visible } from '../visible.ts';
import { type Moment, sceneLines } from './race-scene.ts';

/** The two requests of a race: A is the side of the witness's first event. */
export type Side = 'A' | 'B';

/** One step of a race, in the order in which it happened. */
export interface Step {
  readonly side: Side;
  readonly source: WitnessStep;
  /** From the first step. */
  readonly atUs: number;
  readonly reads: boolean;
  readonly writes: boolean;
  /** What was read or written; null where nobody told. */
  readonly value: unknown;
  /** By how much the writer changed what it had read; null when that is no number. */
  readonly change: string | null;
  /** What its variable holds after the step; null when nobody knows. */
  readonly stored: string | null;
  /** It wrote over what its writer never saw. */
  readonly isOverwriting: boolean;
  /** What it wrote over; null where that is nothing, or nobody told. */
  readonly lost: string | null;
  /** A value that never was: its request took it back after the other had read it. */
  readonly isTakenBack: boolean;
  /** One of the two accesses that race. */
  readonly isRacing: boolean;
}

/** What each step did to what is stored, as the server reads its values. */
export type Effects = WitnessView['effects'];

/**
 * Reads what a witness tells as a table of steps.
 *
 * @param effects none where only who did what is asked
 */
export function stepsOf(
  issue: Pick<Issue, 'pattern'>,
  witness: Witness,
  effects: Effects = [],
): Step[] {
  const origin = witness.steps[0]?.timestamp ?? '';
  return witness.steps.map((source, place): Step => {
    const effect = effects[place];
    const reads = /Read|RMW/.test(source.access_type);
    const writes = /Write|RMW/.test(source.access_type);
    const isRacing = witness.events.some(({ event_id: id }) => id === source.event_id);
    return {
      side: source.column === 1 ? 'A' : 'B',
      source,
      atUs: microsecondsBetween(origin, source.timestamp),
      reads,
      writes,
      value: source.new_value ?? null,
      change: effect?.change?.replace('-', '−') ?? null,
      stored: shortText(effect?.stored),
      isOverwriting: effect?.overwrites === true,
      lost: shortText(effect?.lost),
      isTakenBack: issue.pattern === 'dirty_read' && writes && isRacing,
      isRacing,
    };
  });
}

function shortText(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : visible(text, valueCharacters);
}

/** How much of what is stored fits into a table. */
const valueCharacters = 80;

/** Names of the variables that steps are about, that of the witness in front. */
export function variablesOf(witness: Witness, steps: readonly Step[]): readonly string[] {
  return [...new Set([witness.variable, ...steps.map(({ source }) => source.variable)])];
}

/** Whether nobody told any of the values. */
export function isUntold(steps: readonly Step[]): boolean {
  return steps.every(({ value }) => value === null);
}

/** What one request after the other would have left behind, with how it comes about. */
export interface SerialOutcomes {
  readonly base: string;
  readonly changes: Readonly<Record<Side, string>>;
  readonly outcomes: readonly { readonly order: readonly [Side, Side]; readonly value: string }[];
  readonly happened: string;
}

/** Null where values do not tell. */
export function serialOutcomes(
  serial: WitnessView['serial'],
  steps: readonly Step[],
): SerialOutcomes | null {
  const changeOf = (side: Side) =>
    steps.findLast((step) => step.side === side && step.writes)?.change ?? '';
  const base = steps.find((step) => step.reads && !step.writes)?.value;
  if (serial === null || base === undefined) return null;
  return {
    base: toldText(base) ?? '',
    changes: { A: changeOf('A'), B: changeOf('B') },
    outcomes: serial.map(({ order, value }) => ({
      order: order === 'AB' ? ['A', 'B'] : ['B', 'A'],
      value: visible(value),
    })),
    happened: steps.findLast((step) => step.writes)?.stored ?? '',
  };
}

/** The place of a side; sites are listed in an order of their own. */
export function siteOf(issue: Issue, witness: Witness, side: Side): Site {
  const event = witness.events[side === 'A' ? 0 : 1];
  const [first, second] = issue.sites;
  const fits = (site: Site) =>
    site.location === event.location &&
    site.service === event.service &&
    site.access_type === event.access_type;
  if (fits(first) && fits(second)) return side === 'A' ? first : second;
  return fits(second) ? second : first;
}

/** The steps as text for a ticket, in columns; with the locks around them, where those are known. */
export function interleavingText(
  title: string,
  steps: readonly Step[],
  end: string,
  locks: readonly Moment[] = [],
): string {
  const rows = [
    ['', 'A', 'B', 'stored'],
    ...sceneLines(steps, locks).map(({ step, moment }) => {
      const { side, atUs } = step ?? moment;
      const did = step === null ? `${moment.kind} lock ${visible(moment.what, 80)}` : didText(step);
      const at = `${Math.round(atUs)} µs`;
      const stored = step === null ? '' : storedText(step);
      return side === 'A' ? [at, did, '', stored] : [at, '', did, stored];
    }),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 3 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [title, '', ...lines, '', end].join('\n');
}

function didText({ writes, value, source }: Step): string {
  return `${accessWords(writes, value, 40)}  ${source.location}`;
}

function storedText({ side, stored, isOverwriting, lost }: Step): string {
  if (!isOverwriting) return stored ?? '';
  return `${stored ?? ''}  ← ${lost ?? `what ${side === 'A' ? 'B' : 'A'} wrote`} is gone`.trim();
}

/** A sentence of the server in parts: a side where it names that request, else as it stands. */
export function sentenceParts(text: string, { events }: Witness): (string | Side)[] {
  const names = (['A', 'B'] as const).flatMap((side, place) => {
    const { trace_id: id, operation } = events[place === 0 ? 0 : 1];
    const request = `request ${id.slice(0, 8)}`;
    return [...(operation === null ? [] : [`${operation} (${request})`]), request].map((name) => ({
      side,
      name,
    }));
  });
  const parts: (string | Side)[] = [];
  let rest = text;
  while (rest !== '') {
    const found = names
      .map(({ side, name }) => ({ side, name, at: rest.indexOf(name) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at)[0];
    const before = found === undefined ? rest : rest.slice(0, found.at);
    if (before !== '') parts.push(before);
    if (found === undefined) break;
    parts.push(found.side);
    rest = rest.slice(found.at + found.name.length);
  }
  return parts;
}
