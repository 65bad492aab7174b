import { clockErrorNs } from '../../domain/clock-error.ts';
import { statementOperation } from '../../domain/event/operation.ts';
import { REDACTED } from '../../domain/event/redaction-path.ts';
import { budgets } from '../budgets.ts';
import type { Effect } from '../statements/effect.ts';
import type { StatementReader } from '../statements/statement-reader.ts';
import { endOf, type StatementEnd } from './failure.ts';
import { withLocks } from './hidden-locks.ts';
import { callEffects, isHttpCall } from './http-calls.ts';
import type { RequestSpans } from './requests.ts';
import { rowCountOf } from './row-counts.ts';
import type { StoredSpan } from './span.ts';

/** One statement or command that a request made, in the order in which it made them. */
export interface Step {
  readonly span: StoredSpan;
  /** The text that the span has; '' when it has none. */
  readonly text: string;
  /** Begin and end, as the clock that cuts to milliseconds cannot say them: no step begins before the one before it ended. */
  fromNs: bigint;
  toNs: bigint;
  readonly end: StatementEnd;
  readonly effects: readonly Effect[];
  /** The rows that the statement found or changed; null when the span does not say. */
  readonly rowCount: number | null;
}

/** A pair of steps of a JavaScript clock may seem to overlap by so much and yet follow each other. */
const JS_OVERLAP_NS = 1_000_000n;
/** Statements before one that are looked at for its twin, which begins right before it. */
const TWINS_LOOKED_AT = 16;
/** An inner span may stick out of the outer one by so much. */
const TWIN_SLACK_NS = 1_000_000n;
const PREPARES = /(?:^|[\s._])prepare(?:$|[\s._])/i;

/** The statements of a request, each once, in the order in which they were made. */
export function stepsOf({ spans }: RequestSpans, reader: StatementReader): readonly Step[] {
  const steps = spans
    .filter((span) => isHttpCall(span) || (isStatement(span) && !isPrepare(span)))
    .slice(0, budgets.statementSteps)
    .map((span) => stepOf(span, reader));
  return repaired(withLocks(withoutTwins(steps)));
}

function isStatement(span: StoredSpan): boolean {
  return !span.isRequest && span.text('dbSystem') !== '';
}

/** Preparing a statement looks like running it, and does nothing to rows. */
function isPrepare(span: StoredSpan): boolean {
  if (PREPARES.test(span.name)) return true;
  const isNamed = span.attribute('pgx.prepare_stmt.name') !== undefined;
  const hasRun = ['pgx.rows_affected', 'pgx.sql_state'].some(
    (name) => span.attribute(name) !== undefined,
  );
  return isNamed && !hasRun;
}

function stepOf(span: StoredSpan, reader: StatementReader): Step {
  const text = span.text('dbStatement');
  const shown = text.includes(REDACTED) ? '' : text;
  const effects = isHttpCall(span)
    ? callEffects(span)
    : reader.effectsOf({
        text: shown,
        system: span.text('dbSystem'),
        spanName: span.name,
        attribute: (name) => {
          const value = span.attribute(name);
          return value === REDACTED ? undefined : value;
        },
      });
  return {
    span,
    text: shown,
    fromNs: span.fromNs,
    toNs: span.toNs,
    end: endOf(span),
    effects,
    rowCount: rowCountOf(span),
  };
}

/**
 * Leaves out what a driver tells of a statement that a library above it tells of, too: the same statement,
 * inside its time. What shows more of the values is read.
 */
function withoutTwins(steps: readonly Step[]): Step[] {
  const kept: Step[] = [];
  for (const step of steps) {
    if (step.text === '') {
      kept.push(step);
      continue;
    }
    const near = kept.slice(-TWINS_LOOKED_AT);
    const found = near.findLastIndex((outer) => isTwin(outer, step));
    const twin = found < 0 ? -1 : kept.length - near.length + found;
    const outer = kept[twin];
    if (outer === undefined) {
      kept.push(step);
      continue;
    }
    const { effects } = shownValues(step) > shownValues(outer) ? step : outer;
    const end = outer.end === 'failed' ? step.end : outer.end;
    const rowCount = outer.rowCount ?? step.rowCount;
    // Before the statement itself the outer one may have to connect, or to begin a transaction.
    const fromNs = step.fromNs > outer.fromNs ? step.fromNs : outer.fromNs;
    const toNs = step.toNs < outer.toNs ? step.toNs : outer.toNs;
    kept[twin] = { ...outer, fromNs, toNs, effects, end, rowCount };
  }
  return kept;
}

function isTwin(outer: Step, inner: Step): boolean {
  if (outer.text === '' || outer.span.scope === inner.span.scope) return false;
  const isInside =
    outer.span.fromNs <= inner.span.fromNs + TWIN_SLACK_NS &&
    inner.span.toNs <= outer.span.toNs + TWIN_SLACK_NS;
  return isInside && template(outer.text) === template(inner.text);
}

/** A statement without what libraries write in different ways. */
function template(text: string): string {
  return statementOperation(text)
    .replace(/%\(\w+\)s|(?<![:\w]):[A-Za-z_]\w*|@\w+/g, '?')
    .replace(/["`]/g, '')
    .toLowerCase();
}

function shownValues({ effects }: Step): number {
  return (JSON.stringify(effects).match(/"value":"/g) ?? []).length;
}

/** Puts steps of a clock of whole milliseconds in order: each ends before the next one begins. */
function repaired(steps: Step[]): readonly Step[] {
  let last: Step | null = null;
  const ordered = withWatchesInTurn(steps.sort(compareSteps));
  for (const step of ordered) {
    const isTruncated = clockErrorNs(step.span.sdk) > 0;
    if (last !== null && isTruncated && step.fromNs < last.toNs) {
      if (last.toNs - step.fromNs <= JS_OVERLAP_NS) step.fromNs = last.toNs;
    }
    if (step.toNs < step.fromNs) step.toNs = step.fromNs;
    if (last === null || step.toNs >= last.toNs) last = step;
  }
  return ordered;
}

/**
 * Who is refused watches again at once, in the millisecond in which the refused commands ended: of the steps of
 * one moment, a watch that none of them ends follows the last end.
 */
function withWatchesInTurn(steps: readonly Step[]): readonly Step[] {
  const ordered: Step[] = [];
  let open = 0;
  for (let from = 0; from < steps.length; ) {
    const start = steps[from]?.fromNs;
    let to = from + 1;
    while (steps[to]?.fromNs === start) to += 1;
    const moment = steps.slice(from, to);
    const end = moment.findLastIndex(endsWatch);
    if (end >= 0) open -= moment.filter(endsWatch).length;
    open += moment.filter(beginsWatch).length;
    const watch = end >= 0 && open > 0 ? moment.findIndex(beginsWatch) : -1;
    if (watch >= 0 && watch < end) moment.splice(end, 0, ...moment.splice(watch, 1));
    ordered.push(...moment);
    open = Math.min(Math.max(open, 0), 1);
    from = to;
  }
  return ordered;
}

function beginsWatch({ effects: [effect] }: Step): boolean {
  return effect?.kind === 'watch' && effect.keys?.length !== 0;
}

function endsWatch({ effects }: Step): boolean {
  const last = effects.at(-1);
  if (last?.kind === 'watch') return last.keys?.length === 0;
  return last?.kind === 'transaction' && (last.step === 'commit' || last.step === 'rollback');
}

/**
 * By start. Of those that a clock of whole milliseconds puts at one moment, the ones that took less than it
 * came first; others were sent together, and of these the first to be sent waited longest for its answer.
 */
function compareSteps(a: Step, b: Step): number {
  if (a.fromNs !== b.fromNs) return a.fromNs < b.fromNs ? -1 : 1;
  const [one, two] = [a, b].map(({ fromNs, toNs }) => toNs - fromNs) as [bigint, bigint];
  const [isShort, isOtherShort] = [one < JS_OVERLAP_NS, two < JS_OVERLAP_NS];
  if (isShort !== isOtherShort) return isShort ? -1 : 1;
  const rank = stepRank(a) - stepRank(b);
  if (rank !== 0) return rank;
  if (one !== two) return one < two === isShort ? -1 : 1;
  return a.span.spanId < b.span.spanId ? -1 : 1;
}

/** What of things done at one moment came first: locks and reads before writes, and what ends them last. */
function stepRank({ effects: [effect, ...others] }: Step): number {
  if (effect === undefined || others.length > 0) return ranks.write;
  if (effect.kind === 'transaction') return effect.step === 'begin' ? ranks.begin : ranks.end;
  return kindRanks[effect.kind];
}

const ranks = { begin: 0, read: 1, write: 2, end: 3 } as const;
const kindRanks: Readonly<Record<Exclude<Effect['kind'], 'transaction'>, number>> = {
  lock: ranks.begin,
  watch: ranks.begin,
  read: ranks.read,
  write: ranks.write,
  insert: ranks.write,
  delete: ranks.write,
  unknown: ranks.write,
  unlock: ranks.end,
};
