import { isAway } from './connection/failure.ts';

const PAUSE_MS = 1000;

/** How long somebody waits for a database, and who hears of it. */
export interface Patience {
  readonly timeoutSeconds: number;
  readonly log: { warn(details: object, message: string): void };
}

/**
 * Opens a storage, again and again while its database is away: it may be started together with the
 * server. What does not pass by itself, such as a wrong password, is not waited for.
 */
export async function openWhenThere<Opened>(
  open: () => Promise<Opened>,
  { timeoutSeconds, log }: Patience,
): Promise<Opened> {
  const endMs = performance.now() + timeoutSeconds * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (!isAway(error) || performance.now() + PAUSE_MS > endMs) throw error;
      if (attempt === 1) {
        const reason = (error as Error).message;
        const limit = `up to ${timeoutSeconds} s (storage.postgres.start_timeout_seconds)`;
        log.warn({ reason }, `the database is away; the start waits for it, ${limit}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
