import type { z } from 'zod';
import type { FindingWitness } from '../../../src/domain/findings/finding.ts';
import type { facet } from '../../../src/http/facets.ts';
import type { edgeList } from '../../../src/http/routes/distributed.ts';
import type { anomalyList, latencyList, operationList } from '../../../src/http/routes/latency.ts';
import type { LiveMessage } from '../../../src/http/routes/live.ts';
import type { raceFacets } from '../../../src/http/routes/races/race-counts.ts';
import type {
  issueList,
  issueSchema,
  potentialSchema,
} from '../../../src/http/routes/races/races.ts';
import type { witnessView } from '../../../src/http/routes/races/witnesses.ts';
import type { serviceHealth, serviceList, serviceRows } from '../../../src/http/routes/services.ts';
import type { session } from '../../../src/http/routes/session.ts';
import type { status } from '../../../src/http/routes/status.ts';
import type { meanwhile } from '../../../src/http/routes/traces/meanwhile.ts';
import type { located, timeline } from '../../../src/http/routes/traces/timeline.ts';
import type { histogram, traceFacets } from '../../../src/http/routes/traces/trace-counts.ts';
import type { variableAccesses, variableList } from '../../../src/http/routes/variables.ts';
import type { tracePage } from '../../../src/http/trace-list.ts';
import type { triageChange, triageHistory } from '../../../src/http/triage-wire.ts';
import type { failure, traceSummary } from '../../../src/http/wire.ts';

/** What the server answers, as its own schemas say. */
export type Failure = z.infer<typeof failure>;
export type Session = z.infer<typeof session>;
export type Status = z.infer<typeof status>;
export type TraceSummary = z.infer<typeof traceSummary>;
export type Timeline = z.infer<typeof timeline>;
export type LocatedRow = z.infer<typeof located>;
export type Meanwhile = z.infer<typeof meanwhile>;
export type TracePage = z.infer<typeof tracePage>;
export type Facet = z.infer<typeof facet>;
export type TraceHistogram = z.infer<typeof histogram>;
export type TraceFacets = z.infer<typeof traceFacets>;
export type RaceFacets = z.infer<typeof raceFacets>;
export type PotentialRace = z.infer<typeof potentialSchema>;
export type PotentialList = Omit<z.infer<typeof issueList>, 'issues'> & {
  readonly issues: readonly PotentialRace[];
};
export type Witness = FindingWitness;
export type WitnessStep = Witness['steps'][number];

export type { LiveMessage };
export type ServiceList = z.infer<typeof serviceList>;
export type ServiceRows = z.infer<typeof serviceRows>;
export type ServiceHealth = z.infer<typeof serviceHealth>;
export type EdgeList = z.infer<typeof edgeList>;
export type VariableList = z.infer<typeof variableList>;
export type VariableAccesses = z.infer<typeof variableAccesses>;
export type HistoricAccess = VariableAccesses['accesses'][number];
export type LatencyList = z.infer<typeof latencyList>;
export type OperationList = z.infer<typeof operationList>;
export type OperationLatency = LatencyList['operations'][number];
export type AnomalyList = z.infer<typeof anomalyList>;
export type TriageChange = z.infer<typeof triageChange>;
export type TriageHistory = z.infer<typeof triageHistory>;

type LooseIssue = z.infer<typeof issueSchema>;
/** The members that the schema names; it lets further ones through. */
type Named<Shape> = {
  [Member in keyof Shape as string extends Member ? never : Member]: Shape[Member];
};
export type Issue = Omit<Named<LooseIssue>, 'witnesses'> & {
  readonly witnesses: readonly Witness[];
};
export type Site = Issue['sites'][number];
/** A race by one of its witnesses, which `race` has alone. */
export type WitnessView = Omit<z.infer<typeof witnessView>, 'race'> & { readonly race: Issue };
export type WitnessSide = WitnessView['sides'][number];
export type IssueList = Omit<z.infer<typeof issueList>, 'issues'> & {
  readonly issues: readonly Issue[];
};
