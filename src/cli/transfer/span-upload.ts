import { RacewayError } from '../../domain/errors.ts';
import { spansToJson } from '../../domain/otlp/json/write-json.ts';
import type { Group, Span } from '../../domain/otlp/telemetry.ts';
import { refusal, retryAfterSeconds, type Server, send, textOf } from '../server-client.ts';
import { Patience, type Wait } from './transfer.ts';

/** A request has at most these. */
const BATCH_SPANS = 500;
/** Requests whose reasons are told. */
const REASONS_TOLD = 5;

/** What became of spans that were sent; the server counts those that it refused. */
export interface SpanReport {
  readonly sent: number;
  readonly rejected: number;
  readonly reasons: readonly string[];
}

/** Sends spans to a server as an exporter does, and waits when it asks to. */
export async function uploadSpans(
  server: Server,
  groups: Iterable<Group<Span>>,
  wait: Wait,
): Promise<SpanReport> {
  const patience = new Patience(wait);
  const reasons: string[] = [];
  let sent = 0;
  let rejected = 0;
  for (const batch of batchesOf(groups)) {
    const open = [batch];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const answer = await post(server, spansToJson(next), patience);
      if (answer === 'too-large' && next.length > 1) {
        const half = Math.ceil(next.length / 2);
        open.push(next.slice(half), next.slice(0, half));
        continue;
      }
      sent += next.length;
      if (answer === 'too-large') {
        rejected += 1;
        reasons.push('a span is larger than the server takes');
      } else {
        rejected += answer.rejected;
        if (answer.message !== '') reasons.push(answer.message);
      }
    }
  }
  return { sent, rejected, reasons: reasons.slice(0, REASONS_TOLD) };
}

/** Each span with what it came from, so that a batch can be halved. */
function* batchesOf(groups: Iterable<Group<Span>>): Generator<Group<Span>[]> {
  let batch: Group<Span>[] = [];
  for (const { resource, scope, items } of groups) {
    for (const span of items) {
      batch.push({ resource, scope, items: [span] });
      if (batch.length < BATCH_SPANS) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Sends until there is an answer that counts the spans, or says that there are too many at once. */
async function post(
  server: Server,
  body: string,
  patience: Patience,
): Promise<{ rejected: number; message: string } | 'too-large'> {
  for (;;) {
    let reason: string;
    let seconds: number | null = null;
    try {
      const answer = await send(server, '/v1/traces', { body });
      const text = await textOf(answer);
      const { statusCode = 0 } = answer;
      if (statusCode === 413) return 'too-large';
      if (statusCode === 200) {
        patience.renew();
        const { partialSuccess } = JSON.parse(text) as { partialSuccess?: PartialSuccess };
        const { rejectedSpans = '0', errorMessage = '' } = partialSuccess ?? {};
        return { rejected: Number(rejectedSpans), message: errorMessage };
      }
      reason = refusal(answer, text);
      if (statusCode !== 429 && statusCode < 500) throw new RacewayError('bad_request', reason);
      seconds = retryAfterSeconds(answer);
    } catch (error) {
      if (error instanceof RacewayError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      reason = code ?? message;
    }
    await patience.spend(reason, seconds);
  }
}

interface PartialSuccess {
  readonly rejectedSpans?: string;
  readonly errorMessage?: string;
}
