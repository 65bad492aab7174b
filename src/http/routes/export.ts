import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import { eventText } from '../../domain/event/event.ts';
import { limits } from '../../domain/limits.ts';
import type { TraceSelection } from '../../domain/trace/trace-selection.ts';
import { canonicalUuid } from '../../domain/uuid.ts';
import { selectedTraces } from '../../storage/erasure.ts';
import { isLastPage } from '../../storage/event-page.ts';
import type { EventPosition, Storage } from '../../storage/storage.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import { sendLines } from '../lines.ts';
import { exportFilters, toSelection } from '../trace-selection.ts';

/** Streams what is stored. */
export function exportRoutes(app: App, { storage }: AppContext): void {
  app.get(
    '/api/export',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Stream the events of all traces that match',
        description:
          'One event per line (application/x-ndjson), trace by trace. A line `{"cursor":"..."}` ' +
          'comes every thousand events or so: a stream that was cut off goes on behind the last ' +
          'one of them. The last line is `{"complete":true,"count":n}`, n being the events since ' +
          'the cursor that was given; a stream without it was cut off.',
        produces: ['application/x-ndjson'],
        querystring: z.strictObject({
          ...exportFilters,
          cursor: z.string().max(1024).optional().describe('Of the last line with one.'),
        }),
      },
    },
    async (request, reply) => {
      const { cursor, ...filters } = request.query;
      const start = cursor === undefined ? null : decodeCursor(cursor);
      const output = new ExportOutput();
      // Counted on while the lines go out: the audit line is written when the last one has.
      request.auditNote = { counts: output.counts };
      const lines = exportLines(storage, toSelection(filters), start, output);
      return sendLines(reply, lines, { highWaterMark: 1 });
    },
  );
}

/** A place in an export: in or behind a trace. */
interface ExportPlace {
  readonly traceId: string;
  /** Null: the trace is done. */
  readonly after: EventPosition | null;
}

/** Texts of many lines each, so that a slow reader holds back the storage. */
async function* exportLines(
  storage: Storage,
  selection: TraceSelection,
  start: ExportPlace | null,
  output: ExportOutput,
): AsyncGenerator<string> {
  if (start !== null && start.after !== null) {
    yield* traceLines(storage, start.traceId, start.after, output);
  }
  for await (const traces of selectedTraces(storage, selection, start?.traceId ?? null)) {
    for (const { traceId } of traces) yield* traceLines(storage, traceId, null, output);
  }
  yield `${output.take()}${JSON.stringify({ complete: true, count: output.counts.events })}\n`;
}

async function* traceLines(
  storage: Storage,
  traceId: string,
  start: EventPosition | null,
  output: ExportOutput,
): AsyncGenerator<string> {
  let after = start;
  for (;;) {
    const events = await storage.events(traceId, after, httpLimits.eventsPerRead);
    for (const event of events) output.add(eventText(event));
    const last = events.at(-1);
    const isDone = last === undefined || isLastPage(events, httpLimits.eventsPerRead);
    after = isDone ? null : { timestampNs: last.timestampNs, id: last.id };
    if (output.isFull) {
      const cursor = encodeCursor({ traceId, after });
      yield `${output.take()}${JSON.stringify({ cursor })}\n`;
    }
    if (isDone) return;
  }
}

/** Gathers lines until there are enough for one text. */
class ExportOutput {
  readonly counts = { events: 0 };
  #lines: string[] = [];
  #characters = 0;

  get isFull(): boolean {
    return (
      this.#lines.length >= httpLimits.eventsPerRead ||
      this.#characters >= httpLimits.exportCharacters
    );
  }

  add(line: string): void {
    this.counts.events += 1;
    this.#lines.push(`${line}\n`);
    this.#characters += line.length;
  }

  take(): string {
    const text = this.#lines.join('');
    this.#lines = [];
    this.#characters = 0;
    return text;
  }
}

function encodeCursor({ traceId, after }: ExportPlace): string {
  const parts = after === null ? [traceId] : [traceId, String(after.timestampNs), after.id];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

const cursorParts = z.union([
  z.tuple([z.string().min(1).max(limits.traceIdCharacters)]),
  z.tuple([
    z.string().min(1).max(limits.traceIdCharacters),
    z.string().regex(/^\d{1,19}$/),
    z.string().refine((text) => canonicalUuid(text) === text),
  ]),
]);

function decodeCursor(text: string): ExportPlace {
  const message = 'query.cursor is not one of ours; use that of the last line with one, unchanged';
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw new RacewayError('bad_request', message, { cause });
  }
  const parts = cursorParts.safeParse(value);
  if (!parts.success) throw new RacewayError('bad_request', message);
  const [traceId, timestampNs, id] = parts.data;
  const after =
    timestampNs === undefined || id === undefined ? null : { timestampNs: BigInt(timestampNs), id };
  return { traceId, after };
}
