import { useState } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import type { Status } from '../../api/types.ts';
import { Card, Page } from '../../ui/page.tsx';
import { ExampleCard } from './example-card.tsx';
import { languages, snippet } from './snippets.ts';

/** The address of this server as services reach it: where this page comes from. */
function ownAddress(): string {
  return document.baseURI.replace(/\/$/, '');
}

/** The page of a server that nothing has reached yet: how to begin, and how to read what comes. */
export function Start() {
  const status = useResource<Status>('api/status');
  const storage = status.data?.storage.backend;
  const [language, setLanguage] = useState<(typeof languages)[number]>('TypeScript');
  return (
    <div class="start">
      <Page title="Overview" heading="Nothing has arrived yet">
        <p class="lead">
          Raceway shows which requests got in each other’s way. It needs two things from your
          services: what each request did, and which shared values it read and wrote.
        </p>
        <ExampleCard />
        <Card
          title="Point a service at it"
          tools={
            <fieldset class="tabs">
              <legend class="hidden">Language</legend>
              {languages.map((name) => (
                <label key={name}>
                  <input
                    type="radio"
                    name="language"
                    checked={name === language}
                    onChange={() => setLanguage(name)}
                  />
                  {name}
                </label>
              ))}
            </fieldset>
          }
        >
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
          <pre tabIndex={0}>{snippet(language, ownAddress())}</pre>
          <p class="listening" role="status">
            Listening. This page changes when the first event is here.
          </p>
        </Card>
        <Card title="How to read what it finds">
          <div class="columns">
            <section>
              <h3>A race is an issue</h3>
              <p class="muted">
                One for each pair of places in your code, however often it happens. The strongest
                evidence comes first.
              </p>
            </section>
            <section>
              <h3>Evidence has five steps</h3>
              <p class="muted">
                From “could have met” to “the values prove it”. Nothing below “overlapped” is shown
                unless you ask.
              </p>
            </section>
            <section>
              <h3>Order, not clocks</h3>
              <p class="muted">
                What came before what follows from locks, messages and tasks. Clocks only break
                ties.
              </p>
            </section>
          </div>
        </Card>
        {storage === 'memory' && (
          <p class="muted">Events are kept in memory and are gone when the server ends.</p>
        )}
      </Page>
    </div>
  );
}
