import { useState } from 'preact/hooks';
import { ApiError, ask } from '../../api/client.ts';
import { forgetAnswers } from '../../api/resource.ts';
import type { IssueList } from '../../api/types.ts';
import { go, racePath } from '../../app/route.ts';
import { session } from '../../app/session.ts';
import { Card } from '../../ui/page.tsx';

/** How often it is asked what was found; the server itself waits for half a second each time. */
const attemptsMax = 40;

/** The example at one click: stored, analysed, and its first race shown. */
export function ExampleCard() {
  const [isLoading, setLoading] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const mayStore = session.value?.scopes.includes('ingest') === true;
  const load = async () => {
    setLoading(true);
    setFailure(null);
    try {
      await ask('api/demo', { method: 'POST' });
      forgetAnswers();
      const fingerprint = await firstRace();
      forgetAnswers();
      go(fingerprint === null ? 'races' : racePath(fingerprint));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailure(error.message);
    } finally {
      setLoading(false);
    }
  };
  return (
    <Card title="See one first">
      <p class="muted">
        A small shop of three services: a lost update, a sale of what is not there, a write skew, a
        dirty read, and a path that is right. Erased again with <code>raceway demo --erase</code>.
      </p>
      <p>
        <button type="button" class="main" disabled={isLoading || !mayStore} onClick={load}>
          {isLoading ? 'Loading the example…' : 'Load the example'}
        </button>
      </p>
      {!mayStore && (
        <p class="muted">
          Your key has no scope <code>ingest</code>; whoever has one can send the example with{' '}
          <code>raceway demo</code>.
        </p>
      )}
      {failure !== null && <p role="alert">{failure}</p>}
    </Card>
  );
}

/** The race that deserves a look first, as soon as the analysis has come to it; null for none. */
async function firstRace(): Promise<string | null> {
  for (let attempt = 1; ; attempt += 1) {
    const { stale, issues } = await ask<IssueList>('api/races?page_size=1');
    if (!stale || attempt === attemptsMax) return issues[0]?.fingerprint ?? null;
  }
}
