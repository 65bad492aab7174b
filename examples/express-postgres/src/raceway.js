import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

const requests = new AsyncLocalStorage();
const stored = [];

/** Express middleware: what a request does until it is answered is one trace. */
export function traceRequests(request, response, next) {
  const context = { traceId: randomUUID(), lastEventId: null };
  requests.run(context, () => {
    const { method, path: url } = request;
    record({ HttpRequest: { method, url, headers: {}, body: null } });
    response.on('finish', () => {
      requests.run(context, () => {
        record({
          HttpResponse: { status: response.statusCode, headers: {}, body: null, duration_ms: 0 },
        });
      });
    });
    next();
  });
}

/** Says that the request read or wrote something that other requests share. */
export function track(access_type, variable, value) {
  const location = callerLocation();
  record({ StateChange: { variable, old_value: null, new_value: value, location, access_type } });
}

/** Says that the request holds a lock, until it is released. */
export function trackLock(change, lock_id) {
  record({ [change]: { lock_id, lock_type: 'row', location: callerLocation() } });
}

/** Sends what was recorded; without RACEWAY_URL it is forgotten. */
export async function flush() {
  const events = stored.splice(0);
  const url = process.env.RACEWAY_URL;
  if (url === undefined || events.length === 0) return;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ events }),
  });
  if (!answer.ok) throw new Error(`Raceway answers ${answer.status}: ${await answer.text()}`);
}

function record(kind) {
  const context = requests.getStore();
  if (context === undefined) return;
  const id = randomUUID();
  stored.push({
    id,
    trace_id: context.traceId,
    parent_id: context.lastEventId,
    timestamp: now(),
    kind,
    metadata: {
      thread_id: context.traceId,
      process_id: process.pid,
      service_name: 'bank',
      environment: 'test',
      tags: {},
      duration_ns: null,
      instance_id: `${hostname()}-${process.pid}`,
    },
    causality_vector: [],
    lock_set: [],
  });
  context.lastEventId = id;
}

/** Microseconds, from one clock: milliseconds would hide what came first. */
function now() {
  const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const seconds = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(microseconds % 1e6).padStart(6, '0')}Z`;
}

/** The line that called one of the functions above. */
function callerLocation() {
  const line = new Error().stack.split('\n')[3] ?? '';
  return /(?:file:\/\/)?(\/.*:\d+):\d+/.exec(line)?.[1] ?? 'unknown';
}
