import { query } from '../api/client.ts';
import type {
  IssueList,
  OperationList,
  ServiceList,
  TracePage,
  VariableList,
} from '../api/types.ts';
import { fitOf } from '../model/fuzzy.ts';
import { patternTitle, shortId } from '../model/words.ts';
import { places } from './places.ts';
import { recentPages } from './recent.ts';
import { racePath, tracePath, variablePath } from './route.ts';

/** One way out of the palette. */
export interface Hit {
  readonly kind: string;
  readonly name: string;
  readonly target: string;
}

/** What the server knows of what is typed; null: not yet. */
export interface PaletteAnswers {
  readonly races: IssueList | null;
  readonly services: ServiceList | null;
  readonly variables: VariableList | null;
  readonly operations: OperationList | null;
  readonly traces: TracePage | null;
}

const hitsMax = 14;
/** Races are what most look for; pages come before what only holds the same letters somewhere. */
const leads: ReadonlyMap<string, number> = new Map([
  ['Race', 400],
  ['Page', 50],
]);

/** Where somebody may want to go, what fits best in front; without a text, where they were. */
export function paletteHits(text: string, answers: PaletteAnswers): Hit[] {
  const pages = places.map(({ name, path }) => ({ kind: 'Page', name, target: path }));
  const recent = recentPages().map(({ name, target }) => ({ kind: 'Recent', name, target }));
  const races = (answers.races?.issues ?? []).map((issue) => ({
    kind: 'Race',
    name: `${patternTitle(issue.pattern)} ${issue.variable}`,
    target: racePath(issue.fingerprint),
  }));
  if (text === '') return unique([...recent, ...pages, ...races]).slice(0, hitsMax);
  const services = (answers.services?.services ?? []).map(({ name }) => ({
    kind: 'Service',
    name,
    target: `map${query({ service: name })}`,
  }));
  const fits = [...recent, ...pages, ...races, ...services].flatMap((hit) => {
    const fit = fitOf(hit.name, text);
    return fit === null ? [] : [{ hit, fit: fit + (leads.get(hit.kind) ?? 0) }];
  });
  const named = fits.sort((a, b) => b.fit - a.fit).map(({ hit }) => hit);
  return unique([...named, ...foundHits(answers)]).slice(0, hitsMax);
}

/** What the server found by the text itself. */
function foundHits({ variables, operations, traces }: PaletteAnswers): Hit[] {
  return [
    ...(variables?.variables ?? []).map(({ variable }) => ({
      kind: 'Value',
      name: variable,
      target: variablePath(variable),
    })),
    ...(operations?.operations ?? []).map(({ service, kind, operation, status }) => ({
      kind: 'Operation',
      name: `${operation} · ${service}`,
      target: `latency${query({ op: JSON.stringify([service, kind, operation, status]) })}`,
    })),
    ...(traces?.traces ?? []).map((trace) => ({
      kind: 'Trace',
      name: `${trace.root} ${shortId(trace.trace_id)}`,
      target: tracePath(trace.trace_id),
    })),
  ];
}

function unique(hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ target }) => {
    const isNew = !seen.has(target);
    seen.add(target);
    return isNew;
  });
}
