import type { RouteFigure } from './routes.ts';
import type { WorkFigure } from './work.ts';

/** What was measured with so many events stored. */
export interface SizeFigures {
  readonly events: number;
  readonly traces: number;
  /** Of the whole database. */
  readonly diskBytes: number;
  readonly routes: readonly RouteFigure[];
  readonly work: readonly WorkFigure[];
  /** From the start of a server until it is ready. */
  readonly restartMs: number;
  /** Blocks that an idle server reads in a second. */
  readonly idleBlocksPerSecond: number;
}

/** By how much a figure grows with the store: 0 not at all, 1 as the store does; null: it cannot be said. */
export function exponentOf(
  sizes: readonly { readonly events: number; readonly value: number | null }[],
): number | null {
  const known = sizes.filter(({ value }) => value !== null && value > 0);
  const [first, last] = [known.at(0), known.at(-1)];
  if (first === undefined || last === undefined || first.events === last.events) return null;
  const grown = (last.value as number) / (first.value as number);
  return Math.log(grown) / Math.log(last.events / first.events);
}

/** Blocks of a request that is too small for its growth to mean anything. */
const SMALL_BLOCKS = 2000;
/** A request that reads all there is grows as the store does. */
const EXPONENT_MAX = 1.3;

/** What speaks against the figures of a run: requests that were not answered, or grow faster than the store. */
export function faultsOf(sizes: readonly SizeFigures[]): readonly string[] {
  const last = sizes.at(-1)?.routes ?? [];
  return last.flatMap(({ name, blocks }) => {
    if (blocks === null) return [`${name} was not answered with 200`];
    const figures = sizes.map(({ events, routes }) => ({
      events,
      value: routes.find((route) => route.name === name)?.blocks ?? null,
    }));
    const exponent = exponentOf(figures) ?? 0;
    return blocks > SMALL_BLOCKS && exponent > EXPONENT_MAX
      ? [`${name} reads ${blocks} blocks, and grows with the exponent ${exponent.toFixed(1)}`]
      : [];
  });
}

/** The tables of a run: a row for each route and each kind of work, a column for each size. */
export function tablesOf(sizes: readonly SizeFigures[]): string {
  const counts = sizes.map(({ events }) => events.toLocaleString('en'));
  const routeNames = [...new Set(sizes.flatMap(({ routes }) => routes.map(({ name }) => name)))];
  const routeRows = routeNames.map((name) => {
    const figures = sizes.map(({ routes }) => routes.find((route) => route.name === name));
    const cells = figures.map((figure) =>
      figure === undefined || figure.blocks === null
        ? '-'
        : `${figure.blocks.toLocaleString('en')}; ${ms(figure.p50Ms)}, ${ms(figure.p99Ms)}`,
    );
    const grown = exponentOf(
      sizes.map(({ events }, place) => ({ events, value: figures[place]?.blocks ?? null })),
    );
    return row([`\`${name}\``, ...cells, shownExponent(grown)]);
  });
  const workNames = [...new Set(sizes.flatMap(({ work }) => work.map(({ name }) => name)))];
  const workRows = workNames.map((name) => {
    const figures = sizes.map(({ work }) => work.find((one) => one.name === name));
    const cells = figures.map((figure) =>
      figure === undefined
        ? '-'
        : `${round(figure.perSecond)}/s; ${round(figure.postgresMicros)} + ${round(figure.serverMicros)} µs; ${round(figure.walBytes)} B`,
    );
    const grown = exponentOf(
      sizes.map(({ events }, place) => ({ events, value: figures[place]?.postgresMicros ?? null })),
    );
    return row([name, ...cells, shownExponent(grown)]);
  });
  const others = [
    row(['disk, bytes an event', ...sizes.map((size) => round(size.diskBytes / size.events)), '']),
    row(['start until ready', ...sizes.map(({ restartMs }) => `${round(restartMs)} ms`), '']),
    row([
      'an idle server, blocks a second',
      ...sizes.map(({ idleBlocksPerSecond }) => round(idleBlocksPerSecond)),
      '',
    ]),
  ];
  const head = (first: string) => [
    row([first, ...counts, 'exponent']),
    row(['---', ...counts.map(() => '---'), '---']),
  ];
  return [
    ...head('route: blocks; p50, p99 in ms'),
    ...routeRows,
    '',
    ...head('work: events/s; CPU of Postgres + server an event; WAL an event'),
    ...workRows,
    ...others,
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function shownExponent(exponent: number | null): string {
  return exponent === null ? '' : exponent.toFixed(1).replace('-0.0', '0.0');
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : round(value);
}

function round(value: number): string {
  return Math.round(value).toLocaleString('en');
}
