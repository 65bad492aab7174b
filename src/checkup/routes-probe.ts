import { type Answer, ask, type Target } from './client.ts';
import { pass, type Remark, remark } from './remark.ts';

/** One operation of the API, with a path that names nothing that exists. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
}

const subject = 'API keys';
const nowhere = '00000000-0000-4000-8000-000000000000';
const wrongKey = 'raceway-doctor-is-no-key';

/**
 * Refusals after which no more routes are asked. Each counts as a failed attempt, of which an address has sixty
 * a minute, and the doctor asks a few more questions.
 */
const refusalsMax = 50;

/** Asked when the server does not show its own document. */
const builtIn: readonly Route[] = [
  ['GET', '/health', true],
  ['GET', '/ready', true],
  ['POST', '/events', false],
  ['POST', '/v1/traces', false],
  ['GET', '/api/traces', false],
  ['GET', `/api/traces/${nowhere}`, false],
  ['DELETE', `/api/traces/${nowhere}`, false],
  ['GET', `/api/traces/${nowhere}/events`, false],
  ['GET', '/api/services', false],
  ['GET', '/status', false],
  ['GET', '/metrics', false],
  ['GET', '/openapi.json', false],
].map(([method, path, isPublic]) => ({ method, path, isPublic }) as Route);

/** Asks every route without a key, and one with a wrong key. Changes nothing, even if let in. */
export async function checkRoutes(target: Target): Promise<Remark[]> {
  const routes = mostTellingFirst(await readRoutes(target));
  let [asked, refused] = [0, 0];
  const open: string[] = [];
  const lost: string[] = [];
  for (const route of routes) {
    if (refused === refusalsMax) break;
    asked += 1;
    const answer = await askWithoutKey(target, route);
    if (answer.status === 401) refused += 1;
    const name = `${route.method} ${route.path.replaceAll(nowhere, ':id')}`;
    if (!isOfRaceway(answer)) {
      lost.push(`${name} (${answer.status})`);
    } else if (!route.isPublic && answer.status !== 401) {
      open.push(`${name} (${answer.status})`);
    }
  }
  const remarks: Remark[] = [];
  if (open.length > 0) {
    const fix =
      'make a key (raceway keygen), set RACEWAY_API_KEYS=\'["KEY"]\' and RACEWAY_SERVER_AUTH_ENABLED=true,\n' +
      'and restart; raceway check shows what is in effect';
    remarks.push(remark('fail', subject, `answered without a key: ${open.join(', ')}`, fix));
  }
  if (lost.length > 0) {
    const fix =
      'the proxy must hand on every path: proxy_pass http://127.0.0.1:8080; in location /';
    remarks.push(remark('warn', subject, `do not reach Raceway: ${lost.join(', ')}`, fix));
  }
  const wrong = await ask(target, {
    path: '/status',
    anonymous: true,
    headers: { authorization: `Bearer ${wrongKey}` },
  });
  if (wrong.status === 200 && open.length === 0) {
    const fix = 'the proxy may add a key by itself: remove its proxy_set_header Authorization';
    remarks.push(remark('fail', subject, 'a wrong key is let in', fix));
  }
  if (remarks.length > 0) return remarks;
  const of = asked < routes.length ? ` of ${routes.length}` : '';
  return [pass(subject, `${asked}${of} routes asked without a key, each as it should be`)];
}

/** Rules of proxies go by the beginning of a path: each path once, the short ones first, then other methods. */
function mostTellingFirst(routes: readonly Route[]): readonly Route[] {
  const depthOf = ({ path }: Route) => path.split('/').length;
  const byDepth = routes.toSorted((a, b) => depthOf(a) - depthOf(b));
  const first = new Map(byDepth.toReversed().map((route) => [route.path, route]));
  const isFirst = (route: Route) => first.get(route.path) === route;
  return [...byDepth.filter(isFirst), ...byDepth.filter((route) => !isFirst(route))];
}

/**
 * Only a proxy answers without the envelope, or that of Jaeger's API; metrics have none, but come
 * with 200.
 */
function isOfRaceway({ status, text }: Answer): boolean {
  return status === 200 || text.includes('"success":') || text.includes('"errors":[');
}

/** Bodies and ids that name nothing, so that a route that is open by mistake does no harm. */
function askWithoutKey(target: Target, { method, path }: Route): Promise<Answer> {
  if (method !== 'POST')
    return ask(target, { path: harmless(method, path), method, anonymous: true });
  const headers = { 'content-type': 'application/json' };
  return ask(target, { path, method, headers, body: '{"events":[]}', anonymous: true });
}

/** A DELETE that is not about one thing only says what it would delete. */
function harmless(method: string, path: string): string {
  return method === 'DELETE' && !path.includes(nowhere) ? `${path}?dry_run=true` : path;
}

/** From the document of the server when it can be read: it knows routes that are newer than us. */
async function readRoutes(target: Target): Promise<readonly Route[]> {
  const { status, text } = await ask(target, { path: '/openapi.json' });
  if (status !== 200) return builtIn;
  try {
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };
    return Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{[^}]*\}/g, nowhere),
        isPublic: security?.length === 0,
      })),
    );
  } catch {
    return builtIn;
  }
}

interface Operation {
  readonly security?: readonly unknown[];
}
