/**
 * What analysis may spend on one causal group. Inside these bounds an answer is exact; one that
 * meets a bound says so by the bound's name.
 */
export const budgets = {
  /** Traces looked at together because span edges lead from one to another. */
  tracesPerGroup: 64,
  /** Events of a causal group that are looked at, earliest first: about 500 MB as objects. */
  groupEvents: 200_000,
  /** Characters of these events' texts, which a few huge events may have. */
  groupCharacters: 134_217_728,
  /** Traces read on either side of a trace, by first access to a variable, before it is known who is near. */
  neighboursAtFirst: 64,
  /** Traces on either side of traces that are compared, by first access: a storm on one variable. */
  neighbours: 8192,
  /** Edges from tasks to who awaits them; only tasks that share a name come near. */
  awaitEdges: 2_000_000,
  /** Words of one relation's vector clocks; 64 M are 256 MB. */
  clockWords: 67_108_864,
  /** Racing event pairs counted exactly; from there on a pair of sites is looked for only once. */
  racePairs: 1_000_000,
  /** Locks of one lock set, those taken first; nobody holds as many on purpose. */
  locksPerSet: 64,
  /** Characters of a place in the code in findings: every pair of places has both texts. */
  locationCharacters: 1024,
  /** Distinct access signatures of one variable. */
  signaturesPerVariable: 4096,
  /** Tests of one access against one earlier chain of accesses. */
  raceComparisons: 200_000_000,
  /** Pairs of access sites that are kept for ranking. */
  racePairSites: 200_000,
  /** The same of one variable, so that one does not push out the others; with it its scan ends. */
  racePairSitesOfVariable: 50_000,
  /** Entries of `race_details`, best rank first. */
  raceDetails: 5000,
  /** Characters that the places, names and locks of all entries of `race_details` may have. */
  raceDetailCharacters: 8_388_608,
  /** Entries of `race_details`, best rank first, that carry a witness. */
  raceWitnesses: 100,
  /** Other entries of `race_details` that one may depend on; the first reads come first. */
  raceDependences: 8,
  /** Steps of one witness's interleaving: what fits on a screen. */
  witnessSteps: 24,
  /** Clock entries shown of one witness event. */
  witnessClockEntries: 16,
  /** Holds listed of locks that did not exclude, longest overlap first. */
  lockOverlaps: 100,
  /** Writes remembered per variable and base value while looking for a lost update. */
  staleWriters: 64,
  /** Variables of one trace that other traces are told of, the first by name. */
  footprintVariables: 64,
  /** Statements of one request that are walked along, the first: a loop shows early what it does. */
  statementSteps: 10_000,
  /** What these are found to do; a statement may name many rows, and each many columns. */
  statementDrafts: 50_000,
  /** Variables that the statements of one trace are told to be about, those that it writes first. */
  statementVariables: 48,
  /**
   * Accesses kept per trace and variable, the first in causal order: a request that handles some hundred
   * items is whole, in about 200 bytes of JSON each; a trace that loops shows all it does early.
   */
  footprintAccesses: 512,
  /** Access signatures kept per trace and variable, the first in causal order. */
  footprintSignatures: 32,
  /** Characters of a value's JSON text that are kept; a longer one can only be compared. */
  footprintValueCharacters: 256,
  /** Traces compared with one trace in search of dependency cycles, the nearest in time. */
  cycleTraces: 64,
  /** Sites of one variable whose pairs are counted over all traces. */
  sitesPerVariable: 256,
  /** Courses of one variable, and of one route, that are told apart: a route has a few. */
  coursesPerVariable: 64,
  /** Steps of one course; a request that loops shows all it does early. */
  courseSteps: 16,
  /** Potential races that are listed, those seen most. */
  potentialRaces: 1000,
  /** Pairs of a check and a rival write that are tried for one pattern of variables. */
  potentialPairs: 20_000,
  /** Environments of one variable that are counted by themselves. */
  environmentsPerVariable: 64,
  /** Threads of one variable and environment counted exactly over all traces. */
  threadsPerVariable: 128,
  /** Rows of a timeline, the first in drawing order: as many as a causal group has events. */
  timelineRows: 200_000,
  /** Entries in each list of a critical path: steps, sections, other roots, clocks that disagree. */
  criticalPathEntries: 10_000,
  /** Issues that a page about one trace knows of, best rank first; nearly all traces take part in few. */
  traceIssues: 1000,
  /** Newest traces whose events are looked at for durations by type and service. */
  performanceTraces: 5,
  /** Slowest traces that are shown. */
  slowestTraces: 10,
} as const;
