/**
 * Every bound on what a client may send or ask for. Bounds that an operator may want to turn are
 * in the configuration schema instead.
 */
export const limits = {
  /** Characters in a trace id that is no UUID: long enough for any id scheme, short enough to index. */
  traceIdCharacters: 128,
  /** Characters in one string of an event. A stack trace or an SQL text fits many times over. */
  stringCharacters: 1_048_576,
  /** Characters in names that are indexed or shown in lists (service, instance, thread, lock, variable …). */
  nameCharacters: 1024,
  /** Characters of a note on a race, or of the reason of a false alarm: a page of text. */
  noteCharacters: 4000,
  /** Characters of who looks after a race: a name, an address or a team. */
  personCharacters: 200,
  /** Characters of the link of a race: what browsers take. */
  linkCharacters: 2000,
  /** Characters kept of an operation (`GET /orders`) for lists and search; the event keeps all. */
  operationCharacters: 256,
  /** Levels of arrays and objects in one event. Replies are written by `JSON.stringify`, which recurses. */
  nestingLevels: 64,
  /** Digits of one number. Covers 128-bit integers. */
  numberDigits: 40,
  /** Decimal exponent of one number, up or down: the range of a double. */
  numberExponent: 308,
  /** Components of one causality vector: services that one request can pass through. */
  vectorComponents: 1024,
  /** Locks in one lock set. */
  lockSetSize: 1024,
  /** Tags of one event. */
  tagCount: 256,
  /** Characters of a tag, name and value, that lists find traces by: longer ones are texts, not marks. */
  tagCharacters: 256,
  /** Lines of one stack trace. */
  stackTraceLines: 10_000,
  /** Arrays, objects and further elements in one request: twice what 16 MiB of the smallest events have. */
  valuesPerRequest: 2_000_000,
  /** Fewer characters than any event has; tells how many events a body can hold at most. */
  eventCharactersMin: 128,
  /** Errors reported per rejected event: enough to mend it, not a second payload. */
  errorsPerEvent: 8,
  /** Characters of the path in one error: member names are the client's own text. */
  errorPathCharacters: 256,
  /** Rejected events listed in one reply; the rest is counted. */
  rejectedEventsListed: 1000,
} as const;
