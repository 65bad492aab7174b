import type { TraceSummary } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { Clock } from '../clock.tsx';
import { Code, Name } from '../name.tsx';
import { Services } from '../service.tsx';
import { findingsWords, happenedWords, TraceFindings, TraceSigns } from '../trace-marks.tsx';
import type { Column } from './table.tsx';

/** What lists of traces tell of each. */
export const traceColumns = {
  happened: {
    name: 'What happened',
    isNameHidden: true,
    class: 'marks',
    text: happenedWords,
    cell: (trace) => <TraceSigns trace={trace} />,
  },
  root: {
    name: 'Root',
    class: 'what',
    text: ({ root }) => root,
    cell: (trace) => (
      <a href={tracePath(trace.trace_id)}>
        <Name text={trace.root === '' ? 'no operation' : trace.root} />
      </a>
    ),
  },
  id: {
    name: 'Trace',
    class: 'muted id',
    text: (trace) => trace.trace_id,
    cell: (trace) => <Code text={shortId(trace.trace_id)} title={trace.trace_id} />,
  },
  services: {
    name: 'Services',
    text: (trace) => trace.services.join(', '),
    cell: (trace) => <Services names={trace.services} />,
  },
  events: {
    name: 'Events',
    isNumber: true,
    text: (trace) => trace.event_count,
    cell: (trace) => count(trace.event_count),
  },
  duration: {
    name: 'Duration',
    unit: 'ms',
    isNumber: true,
    text: (trace) => trace.duration_ms,
    cell: (trace) => duration(trace.duration_ms * 1000),
  },
  findings: {
    name: 'Findings',
    text: findingsWords,
    cell: (trace) => <TraceFindings trace={trace} />,
  },
  lastActivity: {
    name: 'Last activity',
    isNumber: true,
    text: (trace) => trace.last_activity,
    cell: (trace) => <Clock time={trace.last_activity} />,
  },
} satisfies Readonly<Record<string, Column<TraceSummary>>>;
