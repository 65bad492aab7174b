import { accessWords, changeText, toldText } from '../value-text.ts';

/** An event as it is stored, as far as pages read it. */
export interface StoredEvent {
  readonly id: string;
  readonly trace_id: string;
  readonly timestamp: string;
  readonly kind: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly service_name: string;
    readonly thread_id: string;
    readonly duration_ns?: number | null;
    readonly instance_id?: string | null;
    readonly tags?: Readonly<Record<string, unknown>>;
  };
  readonly lock_set?: readonly unknown[];
  readonly causality_vector?: readonly unknown[];
}

/** What one line tells of an event. */
export interface EventWords {
  readonly kind: string;
  readonly what: string;
  /** Of an access: what was read or written; null otherwise. */
  readonly value: string | null;
  readonly place: string;
  readonly tookUs: number | null;
}

/** Puts an event into few words. */
export function describeEvent(event: StoredEvent): EventWords {
  const [kind = '', content] = Object.entries(event.kind)[0] ?? [];
  const payload = new Map(Object.entries((content ?? {}) as Readonly<Record<string, unknown>>));
  const text = (name: string) => {
    const value = payload.get(name);
    return value === null || value === undefined ? '' : String(value);
  };
  const duration = event.metadata.duration_ns;
  const line = payload.get('line');
  return {
    kind,
    what: whatOf(kind, text),
    value: kind === 'StateChange' ? accessText(payload) : null,
    place: text('location') || (text('file') && `${text('file')}${line ? `:${String(line)}` : ''}`),
    tookUs: typeof duration === 'number' ? duration / 1000 : null,
  };
}

function whatOf(kind: string, text: (name: string) => string): string {
  if (kind === 'HttpRequest') return `${text('method')} ${text('url')}`;
  if (kind === 'HttpResponse') return text('status');
  const names = ['function_name', 'variable', 'lock_id', 'task_id', 'future_id', 'error_type'];
  const found = [...names, 'query', 'name'].map(text).find((value) => value !== '');
  return found ?? '';
}

/** `reads 470`, `470 → 469 −1` */
function accessText(payload: ReadonlyMap<string, unknown>): string {
  const [before, after] = [payload.get('old_value'), payload.get('new_value')];
  const type = String(payload.get('access_type'));
  if (!/Write|RMW/.test(type)) return accessWords(false, after, 60);
  const change = changeText(before, after);
  const from = toldText(before, 60);
  if (from === null) return accessWords(true, after, 60);
  return `${from} → ${toldText(after, 60) ?? 'not told'}${change === null ? '' : ` ${change}`}`;
}
