/** Bounds of the HTTP side that no operator needs to turn, each with its reason. */
export const httpLimits = {
  /** Traces on one page; a page stays below a megabyte. */
  pageSizeMax: 100,
  /** Races that are left out of the potential ones because a run has shown them, best rank first. */
  shownRacesMax: 1000,
  /** Variables, those accessed most, that potential races are looked for in: some megabytes to read. */
  lintedVariablesMax: 2000,
  /** Traces of a service, the latest, in which its libraries are looked for: a page of events each. */
  scopeTracesMax: 5,
  /** Traces that pictures and counts of many look at, the latest: some tens of milliseconds. */
  glancedTracesMax: 10_000,
  /** Parts of the time of a histogram: more are narrower than what a screen shows of one. */
  histogramBucketsMax: 120,
  /** Parts of its durations. */
  histogramRowsMax: 48,
  /** Issues that counts of what there is look at, best rank first; behind them are possibilities. */
  glancedIssuesMax: 10_000,
  /** Traces of a list that are counted, where a client makes do with `totals=bounded`. */
  countedTracesMax: 10_000,
  /** Traces skipped by `page`: the cost of an offset grows with it, a cursor's does not. */
  pageOffsetMax: 1_000_000,
  /** Events in one JSON reply about a trace; all of them are at `/events`. */
  traceEventsMax: 10_000,
  /** Bytes of event texts in one JSON reply, or less where memory is; for traces of few but huge events. */
  traceBytesMax: 64 * 1024 * 1024,
  /** Accesses on one page of `/api/accesses`; the trace that reaches it is still whole. */
  accessesPerPage: 500,
  /** Variables of a trace that others are looked for on, those that race first: a question each. */
  meanwhileVariables: 20,
  /** Requests looked at on one of them, the latest: more at one time are no picture any more. */
  meanwhileRequests: 64,
  /** Accesses of others shown with one trace. */
  meanwhileAccesses: 300,
  /** Numbers of witnesses that can be asked for: more than are kept of a race. */
  witnessNumberMax: 1000,
  /** Bytes of what a page about a race shows; what is around the accesses is left out first. */
  witnessViewBytes: 40_000,
  /** Characters of a name or place in a row of a picture, which shows fewer. */
  rowCharacters: 100,
  /** Characters of one list in the short view of a trace; its five lists make at most 50 KB. */
  viewListCharacters: 9000,
  /** Characters of audit trails in one reply about a trace; each is whole at `/audit-trail/…`. */
  auditTrailCharacters: 1024 * 1024,
  /** Anomalies in one reply about a trace; their number is always exact. */
  anomaliesMax: 1000,
  /** Events on one page of `/events`, unless asked for fewer. */
  eventPageSize: 1000,
  /** Events read from the storage at once while a reply is written. */
  eventsPerRead: 1000,
  /** Characters of events gathered for one part of an export, one read from the storage aside. */
  exportCharacters: 1024 * 1024,
  /** How often a parameter that may be repeated is. */
  repeatedParametersMax: 200,
  /** Characters of the search text `q`. */
  searchCharacters: 256,
  /** How long a reader of findings waits for the analysis of what was stored just before. */
  settleMs: 500,
  /** Cuts listed with findings; their number is always exact. */
  cutsShownMax: 20,
  /** Variables listed by `/api/distributed/global-races`. */
  racedVariablesMax: 1000,
  /** Window of `/api/services/health`, in minutes: a hundred years say "ever". */
  healthWindowMinutesMax: 52_560_000,
  /** Traces that `/api/performance/metrics` looks at. */
  performanceTracesMax: 1000,
  /** Events of one trace that `/api/performance/metrics` looks at. */
  performanceEventsMax: 1000,
  /** Issues shown with a trace, best rank first; all of them are at `/api/races`. */
  traceIssuesMax: 100,
  /** How long nobody must have written to a trace before it is told of on `/api/live`. */
  liveSettleMs: 1000,
  /** How often it is looked for such traces. */
  liveStepMs: 500,
  /** Traces told of at once: what is more nobody reads, and each costs a question to the storage. */
  liveTracesPerStep: 5,
  /** Traces that wait to be told of. */
  liveTracesWaiting: 10_000,
  /** How often a trace told of is looked at again, every other second: analysis takes a moment. */
  liveLooks: 3,
  /** Issues of raced traces that are asked for at once. */
  liveRacesAsked: 20,
  /** Bytes of one message of an assistant: a name, a few filters. */
  mcpMessageBytes: 64 * 1024,
  /** How often it is said how much was stored. */
  liveStatsMs: 2000,
  /** Messages that a client which comes back is given. */
  liveNewsKept: 1000,
  /** Bytes that wait for one client; what is more is lost, and it is told so. */
  liveBufferBytes: 256 * 1024,
  /** Clients that follow at once. */
  liveFollowersMax: 64,
  /** How long one stream lasts: its key is asked for anew by then. */
  liveStreamMs: 3_600_000,
  /** Refused requests (401, unknown routes) per client address and minute before it gets 429. */
  failuresPerMinute: 60,
  /** Failed authentications per client address and minute that are nothing to talk about. */
  failuresUnremarked: 5,
  /** Malformed requests per client address and minute that are nothing to talk about. */
  malformedUnremarked: 60,
  /** Up to here a body may also use what is kept for small ones; batches of SDKs are smaller. */
  smallBodyBytes: 256 * 1024,
  /** The part of the room for bodies that large bodies leave to small ones. */
  smallBodiesShare: 1 / 4,
  /** What one turn of the event loop reads of bodies that are not small: some milliseconds' worth. */
  largeBytesPerTurn: 4 * 1024 * 1024,
  /** How long one turn of the event loop works on bodies before the rest wait for another. */
  bodyMsPerTurn: 50,
  /** How long a body that comes slowly is waited for before it is looked at again. */
  bodyWindowMs: 10_000,
  /** What must come in that time: 500 bytes a second, less than the slowest of modems. */
  bodyBytesPerWindowMin: 5000,
  /** Bodies up to that many times the limit are read to their end when they are refused. */
  discardedBodies: 4,
  /** How long a reader waits for room in which the reply can be made. */
  replyWaitMs: 10_000,
  /**
   * From the first byte of a request to its last, however long the server itself takes to read it: the least
   * rate ends who stands still long before. A 16 MiB body needs 220 kbit/s.
   */
  requestTimeoutMs: 600_000,
  /** From the connection to the end of the headers. */
  headersTimeoutMs: 15_000,
  /** One escaped path segment: a service name of 1024 characters, nine bytes each. */
  paramCharacters: 9216,
  /** Calls of gRPC at once on one connection; an exporter has a few. */
  grpcStreamsMax: 100,
  /** Characters of a reply that is given a tag: to hash so many takes some milliseconds. */
  taggedCharactersMax: 4 * 1024 * 1024,
  /** Replies below gain nothing from compression. */
  compressBytesMin: 1024,
  /** What a client is told to wait when the server is full or its database away. */
  retryAfterSeconds: 1,
  /** How long a stopping server answers idle connections before it closes them. */
  drainIdleMs: 500,
  /** How long a stopping server waits for the rest before it cuts; Docker kills after 10 s. */
  drainMs: 7_000,
} as const;
