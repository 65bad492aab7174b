import type { ComponentChildren } from 'preact';
import type { Resource } from '../api/resource.ts';
import { counted } from '../model/format.ts';
import { Code } from './name.tsx';

/** What stands in the place of data that is on its way. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="state muted" role="status">
      Loading {what}…
    </p>
  );
}

/** Why there is no data, and what to do. */
export function Failed({ resource }: { resource: Pick<Resource<unknown>, 'error' | 'reload'> }) {
  const { error, reload } = resource;
  if (error === null) return null;
  return (
    <div class="state failure" role="alert">
      <h2>{titleOf(error.status)}</h2>
      <p>{error.message}</p>
      <p>
        <button type="button" onClick={reload}>
          Try again
        </button>
      </p>
    </div>
  );
}

function titleOf(status: number): string {
  if (status === 0) return 'The server cannot be reached';
  if (status === 403) return 'This key may not do that';
  if (status === 404) return 'There is nothing here';
  if (status === 421) return 'The server does not go by this name';
  if (status === 429) return 'Too many requests';
  if (status === 503) return 'The server is busy or its database is away';
  return status >= 500 ? 'The server failed' : 'That did not work';
}

/** Shown above data that is older than it could be. */
export function Outdated({ resource }: { resource: Resource<unknown> }) {
  if (resource.error === null || resource.data === null) return null;
  return (
    <p class="notice warn" role="status">
      What you see is older: {resource.error.message}{' '}
      <button type="button" class="plain" onClick={resource.reload}>
        Try again
      </button>
    </p>
  );
}

/** Findings are not complete yet; nothing may be concluded from what is missing. */
export function Stale({ waiting }: { waiting?: number | undefined }) {
  return (
    <p class="notice" role="status">
      Still analysing what was stored a moment ago
      {waiting === undefined || waiting === 0
        ? ''
        : `, ${counted(waiting, 'trace waits', 'traces wait')}`}
      : more races may appear.
    </p>
  );
}

/** A budget cut the analysis. */
export function Truncated({ by }: { by: string }) {
  return (
    <p class="notice warn">
      Not everything was looked at: the budget <Code text={by} /> was used up.
    </p>
  );
}

/** Budgets cut the analysis of variables in some traces; the rest is whole. */
export function CutShort({ cuts, count }: { cuts: readonly CutWire[]; count: number }) {
  const [first] = cuts;
  if (first === undefined) return null;
  return (
    <p class="notice">
      Trace <Code text={first.trace_id} /> accessed <Code text={first.variable ?? ''} /> more often
      than is looked at (<Code text={first.limit} />)
      {count > 1 ? `, and ${counted(count - 1, 'other')} did likewise` : ''}; all else is whole.
    </p>
  );
}

interface CutWire {
  readonly trace_id: string;
  readonly variable: string | null;
  readonly limit: string;
}

/** A list without rows, with the reason. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
