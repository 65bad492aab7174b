/** What a caller can act on. Codes are for ever; messages may change. */
export const errorCodes = [
  'bad_request',
  'invalid_json',
  'unauthorized',
  'forbidden',
  'missing_database_right',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'misdirected',
  'too_large',
  'uri_too_long',
  'unsupported_media_type',
  'rate_limited',
  'headers_too_large',
  'overloaded',
  'unavailable',
  'outcome_unknown',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/**
 * A failure with a sentence for the person who caused it. Anything else that is thrown is a fault
 * of the server and is shown as `internal`.
 */
export class RacewayError extends Error {
  readonly code: ErrorCode;
  /** More for machines, part of the reply. Never secrets. */
  readonly details: unknown;
  /** When the same may succeed; undefined: nobody knows. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'RacewayError';
    this.code = code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
