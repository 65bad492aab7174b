import { Readable } from 'node:stream';
import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { everyTrace, matcher } from '../../domain/trace/trace-query.ts';
import type { AccessKey } from '../../keys/access-key.ts';
import type { App, AppContext } from '../context.ts';
import { httpLimits } from '../limits.ts';
import type { LiveNews } from '../live/live-feed.ts';
import { milliseconds } from '../trace-list.ts';
import { flag, searchText, sendMessages, summaryToWire, type traceSummary } from '../wire.ts';
import { compactIssue, issueText } from './races/races.ts';

/** One line of a stream of lines; as events of a browser the same in another dress. */
export type LiveMessage =
  | { type: 'trace'; id: string; data: z.infer<typeof traceSummary> }
  | { type: 'race'; id: string; data: unknown }
  | {
      type: 'stats';
      data: { seconds: number; events: number; traces: number; skipped_traces: number };
    }
  | { type: 'lost'; data: { messages: number } };

const eventStream = 'text/event-stream';
const lineStream = 'application/x-ndjson';

/** What happens now, as it happens. */
export function liveRoutes(app: App, { live, keys }: AppContext): void {
  app.get(
    '/api/live',
    {
      config: { scope: 'read' },
      // A packed stream would keep messages back until there are enough of them.
      compress: false,
      schema: {
        summary: 'Follow what is stored, as it is stored',
        description:
          `With \`Accept: ${eventStream}\` events \`trace\` (a trace that nobody wrote to for a ` +
          'second), `race` (one that began since), `stats` (every two seconds) and `lost` (what was ' +
          `left out because the client is slow); with \`Accept: ${lineStream}\` the same as lines. ` +
          'It tells of what is stored through this process. `Last-Event-ID` goes on where a ' +
          'connection broke off, within a thousand messages. A stream ends after an hour.',
        querystring: z.strictObject({
          service: searchText(limits.nameCharacters).optional(),
          q: searchText(httpLimits.searchCharacters).optional(),
          min_duration_ms: milliseconds.optional(),
          has_errors: flag.optional(),
          has_races: flag.optional(),
          has_anomalies: flag.optional(),
        }),
        response: { 200: z.string().describe('A stream of messages.') },
      },
    },
    async (request, reply) => {
      const { headers, query, accessKey } = request;
      const accepted = headers.accept ?? '';
      const isLines = accepted.includes(lineStream);
      if (!isLines && !accepted.includes(eventStream)) {
        const message = `ask with Accept: ${eventStream} or Accept: ${lineStream}`;
        throw new RacewayError('bad_request', message);
      }
      if (live.isClosed) throw new RacewayError('unavailable', 'the server is shutting down');
      if (live.followerCount >= httpLimits.liveFollowersMax) {
        const message = `${httpLimits.liveFollowersMax} clients follow already; end one of them`;
        throw new RacewayError('overloaded', message);
      }
      const matches = matcher({
        ...everyTrace,
        service: query.service ?? null,
        text: query.q ?? null,
        minDurationMs: query.min_duration_ms ?? null,
        hasErrors: query.has_errors ?? null,
        hasRaces: query.has_races ?? null,
        hasAnomalies: query.has_anomalies ?? null,
      });
      const last = headers['last-event-id'];
      const stream = followInto({
        live,
        isWanted: (news) => news.kind !== 'trace' || matches(news.trace),
        write: isLines ? lineOf : eventOf,
        place: typeof last === 'string' ? last : null,
        isAllowed: () => !keys.isGuarded || isStillValid(keys.keys, accessKey),
      });
      return sendMessages(reply, isLines ? `${lineStream}; charset=utf-8` : eventStream, stream);
    },
  );
}

function isStillValid(valid: readonly AccessKey[], key: AccessKey | null): boolean {
  // A proxy's word has no key; whoever came by it is asked anew with the next stream.
  return key === null || valid.some(({ digest }) => digest.equals(key.digest));
}

interface Following {
  readonly live: AppContext['live'];
  readonly isWanted: (news: LiveNews) => boolean;
  readonly write: (message: LiveMessage) => string;
  readonly place: string | null;
  readonly isAllowed: () => boolean;
}

/** A stream of what is wanted; a client that does not read is told how much it lost. */
function followInto({ live, isWanted, write, place, isAllowed }: Following): Readable {
  let lost = 0;
  const stream = new Readable({ read() {} });
  const push = (message: LiveMessage) => {
    if (stream.readableLength > httpLimits.liveBufferBytes) {
      lost += 1;
      return;
    }
    if (lost > 0) stream.push(write({ type: 'lost', data: { messages: lost } }));
    lost = 0;
    stream.push(write(message));
  };
  // The first bytes say that the stream has begun.
  stream.push(write({ type: 'stats', data: noStats }));
  const end = () => {
    unfollow();
    clearTimeout(limit);
    stream.push(null);
  };
  const tell = (news: LiveNews) => {
    if (!isAllowed()) end();
    else if (isWanted(news)) push(messageOf(news, live));
  };
  const unfollow = live.follow({ tell, end }, place);
  const limit = setTimeout(end, httpLimits.liveStreamMs).unref();
  stream.once('close', () => {
    unfollow();
    clearTimeout(limit);
  });
  return stream;
}

const noStats = { seconds: 0, events: 0, traces: 0, skipped_traces: 0 };

function messageOf(news: LiveNews, live: AppContext['live']): LiveMessage {
  if (news.kind === 'stats') {
    const { seconds, events, traces, skippedTraces } = news.stats;
    return { type: 'stats', data: { seconds, events, traces, skipped_traces: skippedTraces } };
  }
  const id = live.placeOf(news.id);
  if (news.kind === 'trace') return { type: 'trace', id, data: summaryToWire(news.trace) };
  return { type: 'race', id, data: JSON.parse(issueText(compactIssue(news.issue))) };
}

function lineOf(message: LiveMessage): string {
  return `${JSON.stringify(message)}\n`;
}

function eventOf(message: LiveMessage): string {
  const id = 'id' in message ? `id: ${message.id}\n` : '';
  // JSON has no line break outside of a text, and in a text it is escaped.
  return `${id}event: ${message.type}\ndata: ${JSON.stringify(message.data)}\n\n`;
}
