import { type EventRecord, eventCharacters } from '../domain/event/event.ts';

/** Characters at which a page of events ends early: of huge events only few are held at once. */
export const EVENT_PAGE_CHARACTERS = 16 * 1024 * 1024;

/** Whether a page that was read with `limit` is the last of its trace. */
export function isLastPage(page: readonly EventRecord[], limit: number): boolean {
  if (page.length >= limit) return false;
  const characters = page.reduce((sum, event) => sum + eventCharacters(event), 0);
  return characters < EVENT_PAGE_CHARACTERS;
}

/** Reads events one by one until they fill a page. */
export function readPage<Place>(
  places: readonly Place[],
  read: (place: Place) => EventRecord,
): EventRecord[] {
  const page: EventRecord[] = [];
  let characters = 0;
  for (const place of places) {
    if (characters >= EVENT_PAGE_CHARACTERS) break;
    const event = read(place);
    page.push(event);
    characters += eventCharacters(event);
  }
  return page;
}
