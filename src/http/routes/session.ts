import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import { type Scope, scopes } from '../../domain/scope.ts';
import { storageBackends } from '../../domain/storage-backend.ts';
import type { App, AppContext } from '../context.ts';
import type { Credential, Doorkeeper } from '../door/doorkeeper.ts';
import { sendFailure } from '../errors.ts';
import type { Refusals } from '../front/refusals.ts';
import { envelope, success } from '../wire.ts';

/** A key has at most 512 characters. */
const bodyBytesMax = 4096;

export const session = z
  .object({
    auth: z
      .enum(['open', 'key', 'session', 'proxy', 'none'])
      .describe('What lets the client in: `open` asks nobody, `none` is not let in.'),
    name: z.string().nullable().describe('Of the key, or of the person whom a proxy signed in.'),
    scopes: z.array(z.enum(scopes)),
    expires_at: z.string().nullable(),
    version: z.string().nullable().describe('Null for those who are not let in.'),
    storage: z.enum(storageBackends).nullable(),
  })
  .meta({ id: 'Session' });

const signIn = z.strictObject({ key: z.string().min(1).max(512) });

/** Signing browsers in and out, and telling clients what they may do. */
export function sessionRoutes(
  app: App,
  context: AppContext,
  doorkeeper: Doorkeeper,
  refusals: Refusals,
): void {
  const { keys, storage, version } = context;
  const config = { optionalKey: true };

  app.get(
    '/api/session',
    { config, schema: { summary: 'Who is asking', response: { 200: success(session) } } },
    async (request) => {
      const found = keys.isGuarded ? doorkeeper.identify(request.raw, Date.now()) : 'missing';
      const isLetIn = !keys.isGuarded || typeof found !== 'string';
      const backend = isLetIn ? (await storage.statistics()).backend : null;
      return envelope({
        ...(typeof found === 'string' ? stranger(keys.isGuarded) : guest(found)),
        version: isLetIn ? version : null,
        storage: backend,
      });
    },
  );

  app.post(
    '/api/session',
    {
      config,
      schema: {
        summary: 'Sign a browser in',
        description:
          'Exchanges a key with the scope read for a cookie that scripts cannot read and that ends ' +
          'with the key. Only pages of this server may ask, with X-Raceway-UI: 1.',
        body: signIn,
        response: { 204: z.null() },
      },
      // The body is bytes until it is read below.
      validatorCompiler: () => (value) => ({ value }),
      onRequest: async ({ headers }) => {
        const isPlain = headers['content-encoding'] === undefined;
        const hasLength = headers['transfer-encoding'] === undefined;
        if (isPlain && hasLength && Number(headers['content-length'] ?? 0) <= bodyBytesMax) return;
        throw new RacewayError('too_large', 'send {"key": "…"} with its length and uncompressed');
      },
    },
    async (request, reply) => {
      requireOwnPage(doorkeeper.isFromOwnPage(request.raw));
      if (!keys.isGuarded) {
        throw new RacewayError('bad_request', 'this server asks for no key: there is no sign-in');
      }
      const nowMs = Date.now();
      const key = keys.find(presentedIn(request.body), nowMs);
      if (typeof key === 'string') {
        await refusals.refuse(request, reply, key);
        return reply;
      }
      request.accessKey = key;
      if (!key.scopes.has('read')) {
        const has = [...key.scopes].join(', ');
        const message = `the pages need a key with the scope read; this one has ${has}`;
        sendFailure(reply, new RacewayError('forbidden', message));
        return reply;
      }
      return reply
        .header('set-cookie', doorkeeper.openSession(request.raw, key, nowMs))
        .code(204)
        .send(null);
    },
  );

  app.delete(
    '/api/session',
    { config, schema: { summary: 'Sign this browser out', response: { 204: z.null() } } },
    async (request, reply) => {
      requireOwnPage(doorkeeper.isFromOwnPage(request.raw));
      return reply.header('set-cookie', doorkeeper.closeSession(request.raw)).code(204).send(null);
    },
  );

  // Raceway's older web page asks this before it shows a login form, and wants no envelope.
  app.get('/auth/check', { config, schema: { hide: true } }, async (request) => {
    const found = keys.isGuarded ? doorkeeper.identify(request.raw, Date.now()) : null;
    return { authenticated: typeof found !== 'string', auth_required: keys.isGuarded };
  });
}

function requireOwnPage(isFromOwnPage: boolean): void {
  if (isFromOwnPage) return;
  throw new RacewayError(
    'forbidden',
    'only pages of this server sign in and out; they send X-Raceway-UI: 1',
  );
}

function presentedIn(body: unknown): string {
  const read = signIn.safeParse(jsonOf(body));
  if (read.success) return read.data.key;
  throw new RacewayError('bad_request', 'the body must be {"key": "…"} as JSON');
}

function jsonOf(body: unknown): unknown {
  try {
    return body instanceof Buffer ? JSON.parse(body.toString()) : null;
  } catch {
    return null;
  }
}

function stranger(isGuarded: boolean) {
  return {
    auth: isGuarded ? ('none' as const) : ('open' as const),
    name: null,
    scopes: isGuarded ? [] : [...scopes],
    expires_at: null,
  };
}

function guest({ kind, key, expiresAtMs }: Credential) {
  return {
    auth: kind,
    name: kind === 'proxy' ? key.name.replace(/^proxy:/, '') : key.name,
    scopes: [...key.scopes] as Scope[],
    expires_at: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  };
}
