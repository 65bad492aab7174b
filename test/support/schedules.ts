import { access, type EventSketch, freshId, wireEvent } from './events.ts';

/** The id of the trace in which a schedule's request runs. */
export function requestTrace(request: string): string {
  return `trace-${request.padStart(4, '0')}`;
}

/**
 * Wire events of a schedule, a millisecond apart: `1 begin`, `1 r x 10`, `1 w x 11`, `1 commit`,
 * `1 abort`. A write's value may be `10>11`, with the old one; `?` is a value nobody recorded.
 */
export function scheduled(
  steps: readonly string[],
  more: (request: string) => EventSketch = () => ({}),
): Record<string, unknown>[] {
  const last = new Map<string, string>();
  return steps.map((step, at) => {
    const [request = '', action = '', variable = '', values = '?'] = step.split(' ');
    const id = freshId();
    const parent = last.get(request) ?? null;
    last.set(request, id);
    const [after, before] = values.split('>').reverse().map(valueFrom);
    const sketch = { id, parent, at, trace: requestTrace(request), thread: `thread-${request}` };
    if (action === 'r' || action === 'w') {
      const payload = access(variable, action === 'r' ? 'Read' : 'Write', {
        old_value: before ?? null,
        new_value: after,
        location: `${request}:${action} ${variable}`,
      });
      return wireEvent({ ...sketch, kind: 'StateChange', payload, ...more(request) });
    }
    const name = action === 'begin' ? 'request' : `transaction.${action}`;
    const payload = { name, data: {} };
    return wireEvent({ ...sketch, kind: 'Custom', payload, ...more(request) });
  });
}

function valueFrom(text: string): unknown {
  if (text === '?') return null;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
