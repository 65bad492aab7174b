import { computed, signal } from '@preact/signals';
import { noteList } from './came-from.ts';

/** Where the pages begin: `/`, or the prefix below which a proxy shows them. */
const base = new URL(document.baseURI).pathname;

const address = signal(new URL(location.href));

/** The path below the base, without slashes around it; `` is the first page. */
export const path = computed(() => {
  const { pathname } = address.value;
  const rest = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  return rest.replace(/^\/+|\/+$/g, '');
});

/** The query of the page: what is chosen, filtered and looked at. */
export const search = computed(() => address.value.searchParams);

/** One part of the path, as it was before it was escaped. */
export function segment(place: number): string {
  const text = path.value.split('/')[place] ?? '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Goes to a page of ours.
 *
 * @param target path and query below the base, as in `races/abc?w=2`
 */
export function go(target: string, options: { readonly replace?: boolean } = {}): void {
  const url = new URL(target === '' ? './' : target, document.baseURI);
  if (url.origin !== location.origin) return;
  const isOtherPage = url.pathname !== address.value.pathname;
  if (options.replace === true) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  address.value = url;
  if (isOtherPage) window.scrollTo(0, 0);
}

/** Changes members of the query and stays on the page; null, or an empty list, takes one out. */
export function choose(
  members: Readonly<Record<string, string | null | readonly string[]>>,
  options: { readonly replace?: boolean } = {},
): void {
  const next = new URLSearchParams(search.value);
  for (const [name, value] of Object.entries(members)) {
    next.delete(name);
    if (value === null || value === '') continue;
    for (const one of [value].flat()) next.append(name, one);
  }
  const text = next.toString();
  go(text === '' ? path.value : `${path.value}?${text}`, options);
}

/** Listens to the browser's own moves, and takes clicks on links to our pages. */
export function watchAddress(): void {
  window.addEventListener('popstate', () => {
    address.value = new URL(location.href);
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(base)) return;
    event.preventDefault();
    noteList(link);
    go(url.pathname.slice(base.length) + url.search);
  });
}

/** Ids that are plain enough for a path; proxies decode what is escaped in one. */
const plainId = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The page of a trace.
 *
 * @param event id of the step that is looked at
 */
export function tracePath(traceId: string, event: string | null = null): string {
  const isPlain = plainId.test(traceId);
  const members = new URLSearchParams(isPlain ? {} : { id: traceId });
  if (event !== null) members.set('event', event);
  const text = members.toString();
  return `traces/${isPlain ? traceId : '~'}${text === '' ? '' : `?${text}`}`;
}

/** The page of a variable. */
export function variablePath(variable: string): string {
  return plainId.test(variable)
    ? `variables/${variable}`
    : `variables/~?name=${encodeURIComponent(variable)}`;
}

/** The page of a race. */
export function racePath(fingerprint: string, witness = 1): string {
  return `races/${encodeURIComponent(fingerprint)}${witness === 1 ? '' : `?w=${witness}`}`;
}
