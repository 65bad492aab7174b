import type { TraceSummary } from '../api/types.ts';
import { count, counted } from '../model/format.ts';

/** The worst that happened in a trace, in words; empty: nothing did. */
export function happenedWords(trace: TraceSummary): string {
  if (trace.has_races) return 'in a race';
  if (trace.error_count > 0) return 'error';
  return trace.has_anomalies ? 'slow' : '';
}

const signs: Readonly<Record<string, readonly [className: string, sign: string]>> = {
  'in a race': ['bad', '▲'],
  error: ['warn', '✕'],
  slow: ['slow', '◆'],
};

/** The same as a sign. */
export function TraceSigns({ trace }: { trace: TraceSummary }) {
  const name = happenedWords(trace);
  const [className, sign] = signs[name] ?? [];
  if (className === undefined || sign === undefined) return null;
  return <Sign class={className} sign={sign} name={name} />;
}

function Sign({ class: className, sign, name }: { class: string; sign: string; name: string }) {
  return (
    <span class={`sign ${className}`} title={name}>
      {sign}
      <span class="hidden"> {name}</span>
    </span>
  );
}

/** How much happened in a trace, in words. */
export function TraceFindings({ trace }: { trace: TraceSummary }) {
  return (
    <span class="chips">
      {trace.race_count > 0 && <span class="chip bad">{counted(trace.race_count, 'race')}</span>}
      {trace.error_count > 0 && (
        <span class="chip warn">{counted(trace.error_count, 'error')}</span>
      )}
      {trace.anomaly_count > 0 && <span class="chip slow">{count(trace.anomaly_count)} slow</span>}
    </span>
  );
}

/** The same as one text. */
export function findingsWords(trace: TraceSummary): string {
  return [
    trace.race_count > 0 ? counted(trace.race_count, 'race') : '',
    trace.error_count > 0 ? counted(trace.error_count, 'error') : '',
    trace.anomaly_count > 0 ? `${count(trace.anomaly_count)} slow` : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}
