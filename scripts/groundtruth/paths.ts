import { parseTimestamp } from '../../src/domain/timestamp.ts';
import type { CaseServer } from './case-server.ts';
import type { Case, WireEvent } from './cases.ts';
import type { Difference } from './difference.ts';
import { compared, tracesOf } from './traces.ts';

const DAY_NS = 86_400_000_000_000n;

/** Time on the critical path per `[service] operation`, in whole microseconds. */
export async function judgeCrispPath(
  server: CaseServer,
  each: Case,
): Promise<readonly Difference[]> {
  const { root_duration_us, exclusive_us } = each.expected as {
    root_duration_us: number;
    exclusive_us: Record<string, number>;
  };
  const names = new Map(each.events.map((event) => [event.id, nameOf(event)]));
  const found = new Map<string, number>();
  let total = 0;
  for (const { critical_path } of await tracesOf(server, each)) {
    total += critical_path?.total_duration_ms ?? 0;
    for (const { id, on_critical_path_ms } of critical_path?.path ?? []) {
      const name = names.get(id) ?? id;
      found.set(name, (found.get(name) ?? 0) + on_critical_path_ms * 1000);
    }
  }
  const differences = [...new Set([...found.keys(), ...Object.keys(exclusive_us)])]
    .map((name) => [name, Math.round(found.get(name) ?? 0), exclusive_us[name] ?? 0] as const)
    .filter(([, got, expected]) => got !== expected)
    .map(([name, got, expected]) => ({
      message: `${name} ${got} µs, expected ${expected}`,
      by: Math.abs(got - expected),
    }));
  return [...compared('root µs', Math.round(total * 1000), root_duration_us), ...differences];
}

function nameOf({ kind, metadata }: WireEvent): string {
  return `[${metadata.service_name}] ${kind['FunctionCall']?.['function_name']}`;
}

/** By how much children of one parent overlap, in all. */
export function siblingOverlapUs({ events }: Case): number {
  const spans = events
    .map(({ parent_id, timestamp, metadata }) => {
      const start = Number(sinceMidnight(timestamp)) / 1000;
      return { parent: parent_id, start, end: start + (metadata.duration_ns ?? 0) / 1000 };
    })
    .sort((a, b) => a.start - b.start);
  let overlap = 0;
  spans.forEach((span, place) => {
    for (const later of spans.slice(place + 1)) {
      if (span.parent === null || later.parent !== span.parent) continue;
      overlap += Math.max(0, Math.min(span.end, later.end) - later.start);
    }
  });
  return overlap;
}

/** The sections, latest first. Cases count microseconds from midnight, replies from the first event. */
export async function judgeJaegerPath(
  server: CaseServer,
  each: Case,
): Promise<readonly Difference[]> {
  const { sections_us } = each.expected as {
    sections_us: { event_id: string; start: number; end: number }[];
  };
  const times = each.events.map(({ timestamp }) => Number(sinceMidnight(timestamp)) / 1000);
  const first = Math.min(...times);
  const found = (await tracesOf(server, each)).flatMap(
    ({ critical_path }) => critical_path?.sections ?? [],
  );
  return compared(
    'sections',
    found.map(({ event_id, start_us, end_us }) => [event_id, start_us + first, end_us + first]),
    sections_us.map(({ event_id, start, end }) => [event_id, start, end]),
  );
}

function sinceMidnight(timestamp: string): bigint {
  const instant = parseTimestamp(timestamp);
  if (instant === null) throw new Error(`no timestamp: ${timestamp}`);
  return instant % DAY_NS;
}
