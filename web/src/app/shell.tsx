import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useResource } from '../api/resource.ts';
import type { IssueList, Status } from '../api/types.ts';
import { count, mebibytes } from '../model/format.ts';
import { absoluteAddress } from '../model/since.ts';
import { Icon, Mark } from '../ui/icon.tsx';
import { lazily } from '../ui/lazy.tsx';
import { neighbour } from './came-from.ts';
import { FurtherPages } from './further-pages.tsx';
import { useKeys } from './keys.ts';
import { Palette } from './palette.tsx';
import { narrowPlaces, places } from './places.ts';
import { theme, turnTheme } from './preferences.ts';
import { go, path } from './route.ts';
import { session } from './session.ts';
import { inRange, TimeRange } from './time-range.tsx';

const ExportDialog = lazily(
  () => import('./export.tsx').then((module) => module.ExportDialog),
  null,
);
const Help = lazily(() => import('./help.tsx').then((module) => module.Help), null);

/** How often the bar is brought up to date. */
const refreshMs = 10_000;

/** Everything around a page: bar, search, state of the server, keys that work everywhere. */
export function Shell({ children }: { children: ComponentChildren }) {
  const isSearching = useSignal(false);
  const isHelping = useSignal(false);
  const isExporting = useSignal(false);
  useKeys({
    '/': () => {
      isSearching.value = true;
    },
    'Mod k': () => {
      isSearching.value = true;
    },
    '?': () => {
      isHelping.value = true;
    },
    e: () => {
      isExporting.value = true;
    },
    t: turnTheme,
    '[': () => goBeside(-1),
    ']': () => goBeside(1),
    c: copyLink,
    ...Object.fromEntries(
      places.map(({ path: target, letter }) => [`g ${letter}`, () => go(inRange(target))]),
    ),
  });
  const here = path.value.split('/')[0] ?? '';
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href="./">
          <Mark /> <span>Raceway</span>
        </a>
        <button
          type="button"
          class="find"
          onClick={() => {
            isSearching.value = true;
          }}
        >
          <Icon name="search" /> Search traces, variables, ids… <kbd>/</kbd>
        </button>
        <TimeRange />
        <button type="button" class="plain copy-link" onClick={copyLink}>
          <kbd>c</kbd> Copy link
        </button>
        <button
          type="button"
          class="plain export-button"
          onClick={() => {
            isExporting.value = true;
          }}
        >
          <kbd>e</kbd> Export
        </button>
        <FurtherPages
          here={here}
          onCopyLink={copyLink}
          onExport={() => {
            isExporting.value = true;
          }}
        />
      </header>
      <Bar
        here={here}
        onHelp={() => {
          isHelping.value = true;
        }}
      />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {isSearching.value && (
        <Palette
          onClose={() => {
            isSearching.value = false;
          }}
        />
      )}
      {isExporting.value && (
        <ExportDialog
          onClose={() => {
            isExporting.value = false;
          }}
        />
      )}
      {isHelping.value && (
        <Help
          onClose={() => {
            isHelping.value = false;
          }}
        />
      )}
    </div>
  );
}

/** To the row before or after this one in the list that somebody came from. */
function goBeside(by: 1 | -1): void {
  const target = neighbour(by);
  if (target !== null) go(target);
}

/** To what is seen now, whenever it is opened. */
function copyLink(): void {
  void navigator.clipboard?.writeText(absoluteAddress(location.href, Date.now()));
}

/** A button, because a link to a place of the page would lead to its base. */
function skip(): void {
  document.getElementById('main')?.focus();
}

function Bar({ here, onHelp }: { here: string; onHelp: () => void }) {
  const races = useResource<IssueList>('api/races?view=list&page_size=1', () => refreshMs);
  const status = useResource<Status>('api/status', () => refreshMs);
  return (
    <nav class="bar" aria-label="Pages">
      <ul>
        {places.map(({ path: target, name, icon }, at) => (
          <li key={name} class={at < narrowPlaces ? '' : 'further'}>
            <a href={inRange(target) || './'} aria-current={here === target ? 'page' : undefined}>
              <Icon name={icon} />
              <span class="name">{name}</span>
              {target === 'races' && races.data !== null && races.data.total_issues > 0 && (
                <span class="count">{count(races.data.total_issues)}</span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <footer>
        <Analysis status={status.data} isAway={status.error !== null} />
        {status.data !== null && <Room storage={status.data.storage} />}
        <p class="line">
          <span class="muted">{session.value?.version}</span>
          <button
            type="button"
            class="plain"
            title="Light, dark or as the system (t)"
            onClick={turnTheme}
          >
            {theme.value}
          </button>
          <button type="button" class="plain" onClick={onHelp}>
            <kbd>?</kbd> keys
          </button>
        </p>
      </footer>
    </nav>
  );
}

function Analysis({ status, isAway }: { status: Status | null; isAway: boolean }) {
  if (isAway) return <p class="dot bad">No news from the server</p>;
  if (status === null) return <p class="dot">…</p>;
  const waiting = status.analysis.waiting_traces;
  if (waiting > 0) return <p class="dot busy">{count(waiting)} traces wait for analysis</p>;
  if (status.traces_active === 0) return <p class="dot">Waiting for events</p>;
  return <p class="dot good">Analysis up to date</p>;
}

function Room({ storage }: { storage: Status['storage'] }) {
  const { backend, bytes, bytes_max: bytesMax } = storage;
  const name = backend === 'memory' ? 'Memory' : 'Postgres';
  if (bytes === null) return <p class="muted">{name}</p>;
  if (bytesMax === null) {
    return (
      <p class="line muted">
        {name} <span>{mebibytes(bytes)} MiB</span>
      </p>
    );
  }
  const text = `${mebibytes(bytes)} of ${mebibytes(bytesMax)} MiB`;
  return (
    <>
      <p class="line muted">
        {name} <span>{text}</span>
      </p>
      <meter min={0} max={bytesMax} value={bytes} aria-label={`${name}: ${text}`} />
    </>
  );
}
