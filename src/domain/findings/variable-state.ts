import type { AccessType } from '../event/event-kind.ts';
import type { PlacedSite } from './footprint.ts';

/**
 * What is known of one variable over all traces, as JSON: enough to count the pairs of traces in
 * which it could race, whatever their times, without looking at any trace again.
 */
export interface VariableState {
  readonly variable: string;
  readonly traces: number;
  readonly accesses: number;
  /** By key. */
  readonly sites: Readonly<Record<string, SiteState>>;
  /** Traces that have two sites (or one, with itself), by both keys in order. */
  readonly together: Readonly<Record<string, Together>>;
  /** Sites with this key or a greater one were left out; null while there is room for all. */
  readonly leftOutFrom: string | null;
  /** By name, sorted. */
  readonly environments: readonly NamedEnvironment[];
  /** Environments with this name or a greater one were left out; null while there is room for all. */
  readonly environmentsLeftOutFrom: string | null;
  /** Pairs of sites that different traces use and that could race, by what decides who is shown them. */
  readonly possible: readonly PossibleSites[];
  /** Not there while no request accesses the variable, and in what earlier versions stored. */
  readonly courses?: CourseCounts;
}

/** An environment and what was done to the variable there. */
export type NamedEnvironment = readonly [name: string, state: EnvironmentState];

/** What is known of a variable in one environment. */
export interface EnvironmentState {
  readonly traces: number;
  readonly accesses: number;
  readonly threads: ThreadSample;
  /** Not there while no request accesses the variable, and in what earlier versions stored. */
  readonly courses?: CourseCounts;
}

/** What single requests do to a variable, over all traces. */
export interface CourseCounts {
  /** By key. */
  readonly known: Readonly<Record<string, CourseState>>;
  /** Courses with this key or a greater one were left out; null while there is room for all. */
  readonly leftOutFrom: string | null;
}

export interface CourseState {
  readonly course: Course;
  readonly traces: number;
}

/** The accesses of one request to one variable, in order: the same for all requests that do alike. */
export interface Course {
  readonly service: string;
  /** Method and route pattern. */
  readonly operation: string;
  /** Those of one kind in a row are one step. */
  readonly steps: readonly CourseStep[];
}

/** What a request did to a variable in one place. */
export interface CourseStep extends PlacedSite {
  /** It reads nothing: what was read before was used, for something else that the request wrote. */
  readonly isUse?: true;
}

/** Courses of one variable. */
export interface VariableCourses {
  readonly variable: string;
  readonly courses: CourseCounts;
}

/** Pairs of sites that could race, of one kind. */
export interface PossibleSites {
  /** Of the two sites: one, or two where the variable is one for all of them. */
  readonly environments: readonly string[];
  /** It is known that both sites meet one variable. */
  readonly isKnown: boolean;
  readonly pairs: number;
  /** Of these, both write. */
  readonly criticalPairs: number;
}

/** One access signature over all traces. */
export interface SiteState {
  readonly signature: PlacedSite;
  readonly traces: number;
  readonly accesses: number;
  /** Since the site was first seen; taking a trace away does not narrow it. Nanoseconds since 1970. */
  readonly firstNs: string;
  readonly lastNs: string;
}

/** How many traces have both sites, and the sum over them of accesses times accesses. */
export type Together = readonly [traces: number, products: number];

/**
 * A sample that tells the number of different threads in bounded space. It keeps the threads with the
 * smallest hashes, each with the number of its traces. The count is exact while all threads fit.
 * Later it is the number kept, divided by their share of all hashes (Bar-Yossef et al., RANDOM
 * 2002).
 */
export interface ThreadSample {
  /** Traces by hash, sorted. */
  readonly kept: Readonly<Record<string, number>>;
  /** Hashes from this one on are not kept; null while all are. */
  readonly leftOutFrom: string | null;
}

/** What lists of variables show. Members are wire names. */
export interface VariableSummary {
  readonly variable: string;
  readonly access_count: number;
  readonly trace_count: number;
  /** Exact for few threads, else an estimate. */
  readonly thread_count: number;
  /** Sorted; the empty name is left out. */
  readonly services: readonly string[];
  /** Sorted. */
  readonly access_types: readonly AccessType[];
  /** False when there are more sites than the budget: services and types may be missing. */
  readonly complete: boolean;
}
