import type { TraceSummary } from '../api/types.ts';
import { count, counted } from '../model/format.ts';

/** The worst that happened in a trace, as a sign. */
export function TraceSigns({ trace }: { trace: TraceSummary }) {
  if (trace.has_races) return <Sign class="bad" sign="▲" name="in a race" />;
  if (trace.error_count > 0) return <Sign class="warn" sign="✕" name="error" />;
  if (trace.has_anomalies) return <Sign class="slow" sign="◆" name="slow" />;
  return null;
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
