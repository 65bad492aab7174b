const MILLISECOND_NS = 1_000_000;

/**
 * How far the stamps of an SDK may be from the truth, in nanoseconds, on either side. The TypeScript
 * SDK reads whole milliseconds and takes the three digits behind them from another clock. OpenTelemetry
 * for JavaScript cuts the start of a span to whole milliseconds, and adds the duration of another clock
 * to that. The others write what one clock says.
 */
const ERROR_NS: Readonly<Record<string, number>> = {
  typescript: MILLISECOND_NS,
  nodejs: MILLISECOND_NS,
  webjs: MILLISECOND_NS,
};

/** Instrumentation of JavaScript is named after its package. */
const JAVASCRIPT_SCOPE = /^@[^/]+\/./;

/**
 * How far the stamps of an SDK may be wrong; none is known of an SDK that does not say which it is (null).
 *
 * @param sdk `tags.sdk_language` of an event, or what {@link sdkOfSpans} gives for spans
 */
export function clockErrorNs(sdk: string | null): number {
  return sdk !== null && Object.hasOwn(ERROR_NS, sdk) ? (ERROR_NS[sdk] as number) : 0;
}

/**
 * The SDK that made spans of OpenTelemetry: what its resource says, else what the name of the
 * instrumentation gives away; null when neither does.
 *
 * @param language `telemetry.sdk.language` of the resource, null when it is not there
 */
export function sdkOfSpans(language: string | null, scopeName: string): string | null {
  if (language !== null && language !== '') return language;
  return JAVASCRIPT_SCOPE.test(scopeName) ? 'nodejs' : null;
}

/** The greatest of all clock errors. */
export const CLOCK_ERROR_NS_MAX = Math.max(...Object.values(ERROR_NS));
