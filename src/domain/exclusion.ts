import type { EventRecord } from './event/event.ts';
import { type JsonValue, parseJson } from './json.ts';
import { memberIn, objectIn } from './json-members.ts';

/**
 * What is left out of the analysis: requests of which all holds that is said. `*` in a text stands for
 * any characters. Plain data, with the names of the configuration.
 */
export interface ExclusionRule {
  readonly service?: string | undefined;
  /** A path, or method and path, as the operations of sites are written: `GET /orders/*`. */
  readonly route?: string | undefined;
  /** In any case. */
  readonly user_agent?: string | undefined;
}

/** A request, as rules ask for it. */
export interface KnownRequest {
  /** Method and route pattern. */
  readonly operation: string;
  /** null: nobody says, or no rule asks. */
  readonly userAgent: string | null;
}

type Matcher = (text: string) => boolean;

interface CompiledRule {
  readonly isService: Matcher;
  readonly isRoute: Matcher;
  readonly isUserAgent: ((text: string | null) => boolean) | null;
  readonly asksForRequest: boolean;
}

/** The rules of `[[analysis.exclude]]`, ready to be asked. */
export class Exclusion {
  readonly #rules: readonly CompiledRule[];

  constructor(rules: readonly ExclusionRule[]) {
    this.#rules = rules.map(compile);
  }

  /** Whether a rule asks for more than the service. */
  get asksForRequests(): boolean {
    return this.#rules.some(({ asksForRequest }) => asksForRequest);
  }

  get asksForUserAgents(): boolean {
    return this.#rules.some(({ isUserAgent }) => isUserAgent !== null);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Whether all that a service does is left out. */
  leavesOutService(service: string): boolean {
    return this.#rules.some((rule) => !rule.asksForRequest && rule.isService(service));
  }

  /** Whether a request to a service is left out for what it asks, or for who asks. */
  leavesOutRequest(service: string, { operation, userAgent }: KnownRequest): boolean {
    return this.#rules.some(
      ({ isService, isRoute, isUserAgent, asksForRequest }) =>
        asksForRequest &&
        isService(service) &&
        isRoute(operation) &&
        (isUserAgent === null || isUserAgent(userAgent)),
    );
  }
}

export const nothingExcluded = new Exclusion([]);

function compile({ service, route, user_agent: userAgent }: ExclusionRule): CompiledRule {
  const isAgent = userAgent === undefined ? null : matcherOf(userAgent.toLowerCase());
  return {
    isService: service === undefined ? () => true : matcherOf(service),
    isRoute: route === undefined ? () => true : routeMatcher(route),
    isUserAgent: isAgent === null ? null : (text) => text !== null && isAgent(text.toLowerCase()),
    asksForRequest: route !== undefined || userAgent !== undefined,
  };
}

/** A route that begins with its path is one of every method. */
function routeMatcher(route: string): Matcher {
  const matches = matcherOf(route);
  if (!route.startsWith('/')) return matches;
  return (operation) => matches(operation.slice(operation.indexOf(' ') + 1));
}

/** Looks for the parts between the stars, one behind the other: each at its first place will do. */
function matcherOf(pattern: string): Matcher {
  const parts = pattern.split('*');
  const [first = '', ...middle] = parts;
  const last = middle.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    const end = text.length - last.length;
    if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return false;
    let place = first.length;
    for (const part of middle) {
      const found = text.indexOf(part, place);
      if (found < 0 || found + part.length > end) return false;
      place = found + part.length;
    }
    return true;
  };
}

const AGENT_ATTRIBUTES = ['user_agent.original', 'http.user_agent'];

/**
 * The user agent of a request: a header, or an attribute of its span.
 *
 * @param headers of the `HttpRequest`
 * @param otel the span that the event was made of
 */
export function userAgentOf(headers: unknown, otel: JsonValue | undefined): string | null {
  for (const [name, value] of Object.entries(objectIn(headers as JsonValue) ?? {})) {
    if (name.toLowerCase() === 'user-agent') return textOf(value);
  }
  const attributes = memberIn(otel, 'attributes');
  for (const name of AGENT_ATTRIBUTES) {
    const value = textOf(memberIn(attributes, name));
    if (value !== null) return value;
  }
  return null;
}

/**
 * {@link userAgentOf} of an event as it is stored.
 *
 * @param extra the text of members that the format does not know; '' when there are none
 */
export function storedUserAgent(headers: unknown, extra: string): string | null {
  const otel = extra.includes('"otel"') ? memberIn(parseJson(extra).value, 'otel') : undefined;
  return userAgentOf(headers, otel);
}

/** Whether an event is a request that is left out. */
export function isExcludedRequest(
  { kind, service, operation, payload, extra }: EventRecord,
  exclusion: Exclusion,
): boolean {
  if (kind !== 'HttpRequest') return false;
  if (exclusion.leavesOutService(service)) return true;
  const userAgent = exclusion.asksForUserAgents
    ? storedUserAgent(memberIn(parseJson(payload).value, 'headers'), extra)
    : null;
  return exclusion.leavesOutRequest(service, { operation, userAgent });
}

/** Some senders make a list of each header. */
function textOf(value: JsonValue | undefined): string | null {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? one : null;
}
