import { RacewayError } from '../../domain/errors.ts';
import { refusal, retryAfterSeconds, type Server, send, textOf } from '../server-client.ts';
import { Patience, readControlLine, type Wait } from './transfer.ts';
import { type TriageReport, uploadTriage } from './triage-transfer.ts';

/** A request has at most these; a server or proxy that takes less is sent halves. */
const BATCH_EVENTS = 1000;
const BATCH_CHARACTERS = 1024 * 1024;
/** Refused events whose reasons are told. */
const REASONS_TOLD = 5;

/** What became of the events of an import. */
export interface ImportReport {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Why some were rejected. */
  readonly reasons: readonly string[];
  /** What became of what was decided about races; null: the stream has nothing of it. */
  readonly triage: TriageReport | null;
  /** What the stream lacks to be whole; null when it is. */
  readonly fault: string | null;
}

/** Sends the events of an export to a server. A stream that is not whole is sent as far as it goes. */
export async function uploadExport(
  server: Server,
  lines: AsyncIterable<string>,
  wait: Wait,
): Promise<ImportReport> {
  const uploader = new Uploader(server, new Patience(wait));
  let batch: string[] = [];
  let characters = 0;
  let count = 0;
  let announced: number | null = null;
  const decisions: string[] = [];
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const control = readControlLine(line);
    if (control !== null) {
      if (control.kind === 'complete') announced = control.count;
      if (control.kind === 'triage') decisions.push(control.text);
      continue;
    }
    if (batch.length === BATCH_EVENTS || characters + line.length > BATCH_CHARACTERS) {
      await uploader.post(batch);
      batch = [];
      characters = 0;
    }
    batch.push(line);
    characters += line.length;
    count += 1;
  }
  await uploader.post(batch);
  // After the events: what is resolved is so from then on.
  const triage = decisions.length === 0 ? null : await uploadTriage(server, decisions, wait);
  return {
    ...uploader.counts,
    reasons: uploader.reasons,
    triage,
    fault: faultOf(announced, count),
  };
}

/** What a stream lacks to be whole; null when it is. */
export function faultOf(announced: number | null, count: number): string | null {
  if (announced === null) return 'the closing line {"complete":true,...} is missing';
  return announced === count ? null : `it says it has ${announced} events, but there are ${count}`;
}

class Uploader {
  readonly counts = { accepted: 0, duplicates: 0, rejected: 0 };
  readonly reasons: string[] = [];
  readonly #server: Server;
  readonly #patience: Patience;

  constructor(server: Server, patience: Patience) {
    this.#server = server;
    this.#patience = patience;
  }

  /** Halves what is too large, down to single events. */
  async post(lines: readonly string[]): Promise<void> {
    const open = [lines];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.length === 0 || (await this.#send(next)) === 'counted') continue;
      const half = Math.ceil(next.length / 2);
      if (next.length === 1) this.#reject(1, 'an event is larger than the server takes');
      else open.push(next.slice(half), next.slice(0, half));
    }
  }

  /** Sends until there is an answer that counts the events, or that there are too many at once. */
  async #send(lines: readonly string[]): Promise<'counted' | 'too-large'> {
    for (;;) {
      let reason: string;
      let seconds: number | null = null;
      try {
        const answer = await send(this.#server, '/events', {
          body: `{"events":[${lines.join(',')}]}`,
        });
        const text = await textOf(answer);
        const { statusCode = 0 } = answer;
        if (statusCode === 413) return 'too-large';
        const outcome = outcomeOf(statusCode, text);
        if (outcome !== null) {
          this.#count(outcome);
          this.#patience.renew();
          return 'counted';
        }
        reason = refusal(answer, text);
        if (statusCode !== 429 && statusCode < 500) throw new RacewayError('bad_request', reason);
        seconds = retryAfterSeconds(answer);
      } catch (error) {
        if (error instanceof RacewayError) throw error;
        const { code, message } = error as NodeJS.ErrnoException;
        reason = code ?? message;
      }
      await this.#patience.spend(reason, seconds);
    }
  }

  #count({ accepted, duplicates, rejected, rejected_count }: Outcome): void {
    this.counts.accepted += accepted;
    this.counts.duplicates += duplicates;
    const [first] = rejected;
    const [fault] = first?.errors ?? [];
    if (rejected_count > 0) {
      this.#reject(rejected_count, `${first?.id}: ${fault?.path} ${fault?.message}`);
    }
  }

  #reject(count: number, reason: string): void {
    this.counts.rejected += count;
    if (this.reasons.length < REASONS_TOLD) this.reasons.push(reason);
  }
}

/** What the answer of `POST /events` counts. */
interface Outcome {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly {
    readonly id: string | null;
    readonly errors: readonly { readonly path: string; readonly message: string }[];
  }[];
  readonly rejected_count: number;
}

/** An answer that accounts for every event: 200, or 400 when all were refused; null when it does not. */
function outcomeOf(status: number, text: string): Outcome | null {
  if (status !== 200 && status !== 400) return null;
  const { data, details } = JSON.parse(text) as { data: Outcome | null; details?: Outcome };
  const outcome = data ?? details;
  return outcome?.rejected === undefined ? null : outcome;
}
