import type { IncomingMessage } from 'node:http';
import { RacewayError } from '../../domain/errors.ts';
import { refusal, retryAfterSeconds, type Server, send, textOf } from '../server-client.ts';
import { completeLine, linesOf, Patience, readControlLine, type Wait } from './transfer.ts';
import { downloadTriage } from './triage-transfer.ts';

/**
 * Downloads an export and writes it as one whole stream, however often the connection breaks.
 * Whatever came behind the last cursor is thrown away and requested again. An export of everything ends with
 * what was decided about races.
 *
 * @param filters the query of `GET /api/export`, without cursor
 * @param write takes text; resolves when there is room for more
 * @returns the number of events
 */
export async function downloadExport(
  server: Server,
  filters: URLSearchParams,
  write: (text: string) => Promise<void>,
  wait: Wait,
): Promise<number> {
  const patience = new Patience(wait);
  let cursor: string | null = null;
  let written = 0;
  for (;;) {
    const query = new URLSearchParams(filters);
    if (cursor !== null) query.set('cursor', cursor);
    const outcome = await readPart(server, query, async (lines, next) => {
      await write(lines.join(''));
      written += lines.length;
      cursor = next ?? cursor;
      patience.renew();
    });
    if (outcome === null) {
      if ([...filters].length === 0) await write((await downloadTriage(server, wait)).join(''));
      await write(completeLine(written));
      return written;
    }
    await patience.spend(outcome.reason, outcome.seconds);
  }
}

/** Why a part ended too early, and what the server asked to wait. */
interface Interruption {
  readonly reason: string;
  readonly seconds: number | null;
}

type Take = (lines: readonly string[], cursor: string | null) => Promise<void>;

/** Reads from a cursor on; gives null when the stream came to its end. */
async function readPart(
  server: Server,
  query: URLSearchParams,
  take: Take,
): Promise<Interruption | null> {
  let answer: IncomingMessage;
  try {
    answer = await send(server, `/api/export?${query}`);
  } catch (error) {
    return { reason: reasonOf(error), seconds: null };
  }
  if (answer.statusCode !== 200) return refused(answer);
  let lines: string[] = [];
  let count = 0;
  try {
    for await (const line of linesOf(answer)) {
      const control = readControlLine(line);
      if (control === null) {
        lines.push(`${line}\n`);
        count += 1;
        continue;
      }
      if (control.kind === 'complete' && control.count !== count) {
        return { reason: `${control.count} events were sent, but ${count} came`, seconds: null };
      }
      if (control.kind === 'triage') continue;
      await take(lines, control.kind === 'cursor' ? control.cursor : null);
      if (control.kind === 'complete') return null;
      lines = [];
    }
  } catch (error) {
    return { reason: reasonOf(error), seconds: null };
  } finally {
    answer.destroy();
  }
  return { reason: 'the stream was cut off', seconds: null };
}

async function refused(answer: IncomingMessage): Promise<Interruption> {
  const reason = refusal(answer, await textOf(answer).catch(() => ''));
  const { statusCode = 0 } = answer;
  if (statusCode === 429 || statusCode >= 500) {
    return { reason, seconds: retryAfterSeconds(answer) };
  }
  throw new RacewayError('bad_request', reason);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
