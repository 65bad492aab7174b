import type { CaseServer } from './case-server.ts';
import type { Case } from './cases.ts';
import type { Difference } from './difference.ts';

interface RaceDetail {
  readonly variable: string;
  readonly verdict: 'confirmed' | 'predicted';
  readonly event1_id: string;
  readonly event2_id: string;
}

/** What judges read of `GET /api/traces/:id`. */
export interface FullTrace {
  readonly analysis: {
    readonly potential_races: number;
    readonly race_details: readonly RaceDetail[];
  };
  readonly critical_path: {
    readonly total_duration_ms: number;
    readonly path: readonly { readonly id: string; readonly on_critical_path_ms: number }[];
    readonly sections: readonly {
      readonly event_id: string;
      readonly start_us: number;
      readonly end_us: number;
    }[];
  } | null;
  readonly dependencies: {
    readonly dependencies: readonly {
      readonly from: string;
      readonly to: string;
      readonly call_count: number;
    }[];
  };
}

/** Sends a case and reads its traces back, without their events. */
export async function tracesOf(server: CaseServer, each: Case): Promise<readonly FullTrace[]> {
  await server.post(each);
  const ids = new Set(each.events.map(({ trace_id }) => trace_id));
  const traces: FullTrace[] = [];
  for (const id of ids) {
    const path = `/api/traces/${encodeURIComponent(id)}?events=false`;
    traces.push((await server.get(path)) as FullTrace);
  }
  return traces;
}

/** No difference, or one that shows both sides. */
export function compared(what: string, got: unknown, expected: unknown): readonly Difference[] {
  const [is, was] = [JSON.stringify(got), JSON.stringify(expected)];
  return is === was ? [] : [{ message: `${what} ${is}, expected ${was}` }];
}

/** Confirmed races, on exactly the named variables. */
export async function judgeGoRace(server: CaseServer, each: Case): Promise<readonly Difference[]> {
  const { race, variables } = each.expected as { race: boolean; variables: string[] };
  const racing = (await tracesOf(server, each))
    .flatMap(({ analysis }) => analysis.race_details)
    .filter(({ verdict }) => verdict === 'confirmed')
    .map(({ variable }) => variable);
  const found = [...new Set(racing)].sort();
  return [
    ...compared('race', found.length > 0, race),
    ...compared('on', found, [...variables].sort()),
  ];
}

/** The pairs of steps that happens-before leaves open, and those that only locks separate. */
export async function judgeTextbook(
  server: CaseServer,
  each: Case,
): Promise<readonly Difference[]> {
  const { hb_races_by_step, predictive_races_by_step } = each.expected as {
    hb_races_by_step: number[][];
    predictive_races_by_step: number[][];
  };
  const steps = new Map(each.events.map((event, place) => [event.id, stepOf(event, place)]));
  const details = (await tracesOf(server, each)).flatMap(({ analysis }) => analysis.race_details);
  const pairs = (races: readonly RaceDetail[]) =>
    sorted(
      races.map(({ event1_id, event2_id }) => [
        steps.get(event1_id) ?? 0,
        steps.get(event2_id) ?? 0,
      ]),
    );
  const confirmed = details.filter(({ verdict }) => verdict === 'confirmed');
  return [
    ...compared('confirmed', pairs(confirmed), sorted(hb_races_by_step)),
    ...compared('all', pairs(details), sorted(predictive_races_by_step)),
  ];
}

/** An access says its step at the end of its location; else its place in the list counts. */
function stepOf({ kind }: Case['events'][number], place: number): number {
  const said = /:(\d+)$/.exec(String(kind['StateChange']?.['location'] ?? ''))?.[1];
  return said === undefined ? place + 1 : Number(said);
}

function sorted(pairs: readonly (readonly number[])[]): readonly string[] {
  return pairs.map((pair) => [...pair].sort((a, b) => a - b).join('~')).sort();
}

/** The number of pairs of events that the vectors leave open. */
export async function judgeShiviz(server: CaseServer, each: Case): Promise<readonly Difference[]> {
  const { concurrent_cross_host_pairs } = each.expected as { concurrent_cross_host_pairs: number };
  const traces = await tracesOf(server, each);
  const pairs = traces.reduce((sum, { analysis }) => sum + analysis.potential_races, 0);
  return compared('concurrent pairs', pairs, concurrent_cross_host_pairs);
}

/** Who called whom, and how often. */
export async function judgeLinks(server: CaseServer, each: Case): Promise<readonly Difference[]> {
  const { dependencies } = each.expected as FullTrace['dependencies'];
  const texts = (links: FullTrace['dependencies']['dependencies']) =>
    links.map(({ from, to, call_count }) => `${from} → ${to} ${call_count}`).sort();
  const found = (await tracesOf(server, each)).flatMap((trace) => trace.dependencies.dependencies);
  return compared('links', texts(found), texts(dependencies));
}
