/** A page that somebody was on: what it is called, and where it is. */
export interface RecentPage {
  readonly name: string;
  readonly target: string;
}

const keptMax = 12;
/** Kept as long as the page of the browser: names of traces do not go into its storage. */
let kept: readonly RecentPage[] = [];

/** Pages that were shown, the latest first. */
export function recentPages(): readonly RecentPage[] {
  return kept;
}

/** Takes note of a page that is shown. */
export function noteRecent(page: RecentPage): void {
  kept = [page, ...kept.filter(({ target }) => target !== page.target)].slice(0, keptMax);
}

/** Forgets every page, as when somebody else signs in. */
export function forgetRecent(): void {
  kept = [];
}
