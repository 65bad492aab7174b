import { spanKinds } from '../../domain/otlp/telemetry.ts';
import type { Effect, Rows } from '../statements/effect.ts';
import { pathOf } from './request-path.ts';
import type { StoredSpan } from './span.ts';
import { addressOf } from './store-state.ts';

const TABLE = { schema: '', name: '' };
const CONDITIONS = ['if-match', 'if-unmodified-since', 'if-none-match'];

/** Whether a span is a call of another service that reads or replaces something there. */
export function isHttpCall(span: StoredSpan): boolean {
  return span.kind === spanKinds.client && span.text('httpMethod') !== '';
}

/** What a call does to what its address names; nothing when it was refused. */
export function callEffects(span: StoredSpan): readonly Effect[] {
  const status = Number(span.text('httpStatus'));
  const path = pathOf(span);
  if (status >= 400 || path === '') return [];
  const origin = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(span.text('urlFull'))?.[1];
  const value = `${origin ?? addressOf(span)}${path}`;
  const isConditional = CONDITIONS.some(
    (name) => span.attribute(`http.request.header.${name}`) !== undefined,
  );
  const conditions = isConditional ? [{ column: 'etag' }] : [];
  const rows: Rows = { equals: [[{ column: 'key', value }]], conditions };
  switch (span.text('httpMethod').toUpperCase()) {
    case 'GET':
      return [{ kind: 'read', table: TABLE, rows, columns: [''], isAggregate: false, lock: null }];
    case 'PUT':
    case 'PATCH':
      return [
        {
          kind: 'write',
          table: TABLE,
          rows,
          columns: [{ column: '', value: null, source: 'value' }],
        },
      ];
    default:
      return [];
  }
}
