import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import type { App, AppContext } from '../context.ts';
import { envelope, success } from '../wire.ts';

const state = z.object({ status: z.string() });

/** For probes and load balancers: no key, no limit, nothing that helps an attacker. */
export function publicRoutes(app: App, { storage, writer, audit }: AppContext): void {
  app.get(
    '/health',
    {
      config: { public: true, anyHost: true },
      schema: { summary: 'Whether the process is alive', response: { 200: success(state) } },
    },
    async () => envelope({ status: 'ok' }),
  );

  app.get(
    '/ready',
    {
      config: { public: true, anyHost: true },
      schema: { summary: 'Whether events would be stored now', response: { 200: success(state) } },
    },
    async () => {
      if (writer.isFull) throw new RacewayError('overloaded', 'the write queue is full');
      const refusal = audit?.refusal ?? null;
      if (refusal !== null) throw new RacewayError('unavailable', refusal);
      if (writer.recentFault !== null) throw notReady(writer.recentFault);
      await storage.ready().catch((error) => {
        throw notReady(error);
      });
      return envelope({ status: 'ready' });
    },
  );
}

/** Whatever hinders the storing of events is 503 here, a missing right too. */
function notReady(cause: unknown): unknown {
  if (!(cause instanceof RacewayError)) return cause;
  return new RacewayError('unavailable', cause.message, { cause });
}
