import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { lockouts } from '../api/client.ts';
import { lazily } from '../ui/lazy.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';
import { RacePage } from '../view/race/race-page.tsx';
import { RacesPage } from '../view/races/races-page.tsx';
import { OverviewPage } from '../view/start/overview-page.tsx';
import { path, segment } from './route.ts';
import { isLockedOut, readSession, session, sessionError } from './session.ts';
import { Shell } from './shell.tsx';

const TracesPage = lazily(
  () => import('../view/traces/traces-page.tsx').then((module) => module.TracesPage),
  'traces',
);
const TracePage = lazily(
  () => import('../view/trace/trace-page.tsx').then((module) => module.TracePage),
  'the trace',
);

const VariablesPage = lazily(
  () => import('../view/variables/variables-page.tsx').then((module) => module.VariablesPage),
  'variables',
);
const VariablePage = lazily(
  () => import('../view/variables/variable-page.tsx').then((module) => module.VariablePage),
  'the variable',
);
const LatencyPage = lazily(
  () => import('../view/latency/latency-page.tsx').then((module) => module.LatencyPage),
  'latency',
);

const MapPage = lazily(
  () => import('../view/map/map-page.tsx').then((module) => module.MapPage),
  'the service map',
);
const LivePage = lazily(
  () => import('../view/live/live-page.tsx').then((module) => module.LivePage),
  'live traces',
);
const ComparePage = lazily(
  () => import('../view/compare/compare-page.tsx').then((module) => module.ComparePage),
  'the comparison',
);

const SettingsPage = lazily(
  () => import('../view/settings/settings-page.tsx').then((module) => module.SettingsPage),
  'settings',
);
const Login = lazily(() => import('./login.tsx').then((module) => module.Login), 'the sign-in');

/** What is shown: a sign-in while the server wants one, else the page of the address. */
export function App() {
  const ended = lockouts.value;
  useEffect(() => {
    if (ended > 0) void readSession();
  }, [ended]);
  if (session.value === null) return <Opening />;
  if (isLockedOut.value) return <Login />;
  const Current = pageOf(path.value);
  return (
    <Shell>
      {/* Another path is another page, also where the same component shows it. */}
      <Current key={path.value} />
    </Shell>
  );
}

function Opening() {
  const error = sessionError.value;
  return (
    <main class="opening" id="main">
      {error === null ? (
        <Loading what="Raceway" />
      ) : (
        <Failed resource={{ error, reload: () => void readSession() }} />
      )}
    </main>
  );
}

function pageOf(text: string): ComponentType {
  const [first = '', second] = text.split('/');
  if (first === '' || first === 'login') return OverviewPage;
  if (first === 'races') return second === undefined ? RacesPage : RacePage;
  if (first === 'traces') return second === undefined ? TracesPage : TracePage;
  if (first === 'variables') return second === undefined ? VariablesPage : VariablePage;
  if (first === 'latency') return LatencyPage;
  if (first === 'live') return LivePage;
  if (first === 'map') return MapPage;
  if (first === 'compare') return ComparePage;
  if (first === 'settings') return SettingsPage;
  return NoPage;
}

function NoPage() {
  return (
    <Page title="No such page">
      <Empty title={`There is no page ${segment(0)}`}>
        <a href="./">To the beginning</a>
      </Empty>
    </Page>
  );
}
