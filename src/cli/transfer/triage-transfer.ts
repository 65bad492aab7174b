import { RacewayError } from '../../domain/errors.ts';
import { refusal, retryAfterSeconds, type Server, send, textOf } from '../server-client.ts';
import { Patience, triageLine, type Wait } from './transfer.ts';

/** Races whose triage one request has, at most. */
const RACES_AT_ONCE = 20;

/** What became of decisions that were brought to a server. */
export interface TriageReport {
  readonly taken: number;
  /** The server knew as much, or something later. */
  readonly kept: number;
  /** Why some were not taken; null: all were. */
  readonly refusal: string | null;
}

/** What was decided about all races, a line each; none from a server that does not tell. */
export async function downloadTriage(server: Server, wait: Wait): Promise<readonly string[]> {
  const lines: string[] = [];
  let after: string | null = null;
  do {
    const path: string = after === null ? '/api/triage' : `/api/triage?after=${after}`;
    const { status, text, reason } = await ask(server, path, undefined, wait);
    if (status === 404) return lines;
    if (status !== 200) throw new RacewayError('bad_request', reason);
    const { data } = JSON.parse(text) as { data: { races: object[]; next: string | null } };
    lines.push(...data.races.map((race) => triageLine(JSON.stringify(race))));
    after = data.next;
  } while (after !== null);
  return lines;
}

/** Brings decisions to a server, as `GET /api/triage` told them. */
export async function uploadTriage(
  server: Server,
  races: readonly string[],
  wait: Wait,
): Promise<TriageReport> {
  let taken = 0;
  let kept = 0;
  for (let at = 0; at < races.length; at += RACES_AT_ONCE) {
    const body = `{"races":[${races.slice(at, at + RACES_AT_ONCE).join(',')}]}`;
    const { status, text, reason } = await ask(server, '/api/triage', body, wait);
    if (status !== 200) return { taken, kept, refusal: reason };
    const { data } = JSON.parse(text) as { data: { taken: number; kept: number } };
    taken += data.taken;
    kept += data.kept;
  }
  return { taken, kept, refusal: null };
}

/** Asks until there is an answer that is no request to wait. */
async function ask(server: Server, path: string, body: string | undefined, wait: Wait) {
  const patience = new Patience(wait);
  for (;;) {
    try {
      const answer = await send(server, path, body === undefined ? {} : { body });
      const text = await textOf(answer);
      const { statusCode: status = 0 } = answer;
      const reason = status === 200 ? '' : refusal(answer, text);
      if (status !== 429 && status < 500) return { status, text, reason };
      await patience.spend(reason, retryAfterSeconds(answer));
    } catch (error) {
      if (error instanceof RacewayError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      await patience.spend(code ?? message, null);
    }
  }
}
