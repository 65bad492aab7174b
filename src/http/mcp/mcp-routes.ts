import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RacewayError } from '../../domain/errors.ts';
import type { AnswerMessage, McpAnswer } from '../../mcp/http-answer.ts';
import type { App, AppContext } from '../context.ts';
import type { Doorkeeper } from '../door/doorkeeper.ts';
import { httpLimits } from '../limits.ts';
import { readOwnApi } from './own-api.ts';

const message = z
  .looseObject({ jsonrpc: z.literal('2.0') })
  .describe('A message of the Model Context Protocol (JSON-RPC 2.0).');

/** `POST /mcp`: what `raceway mcp` says on standard output, over HTTP. */
export function mcpRoutes(
  app: App,
  { settings }: AppContext,
  doorkeeper: Doorkeeper,
  answer: AnswerMessage | null,
): void {
  app.post(
    '/mcp',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Answer an assistant, by the Model Context Protocol',
        description:
          'Streamable HTTP without sessions: one message in each request, each answered with JSON. ' +
          'Only with `mcp.enabled`. See docs/assistants.md.',
        consumes: ['application/json'],
        response: { 200: message },
      },
      onRequest: async (request) => {
        if (!mayAsk(request, settings.cors_origins, doorkeeper)) throw foreignPage();
        if (answer === null) throw notEnabled();
      },
    },
    async (request, reply) => {
      if (answer === null) throw notEnabled();
      const given = { headers: protocolHeaders(request), message: readMessage(request.body) };
      return send(reply, await answer(given, (path) => readOwnApi(app, request, path)));
    },
  );
}

function send(reply: FastifyReply, { status, type, body }: McpAnswer): FastifyReply {
  if (type !== null) reply.type(type);
  return reply.code(status).send(body);
}

/** A page of another origin must not ask, even where no key is needed (DNS rebinding). */
function mayAsk(
  request: FastifyRequest,
  corsOrigins: readonly string[],
  doorkeeper: Doorkeeper,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (corsOrigins.includes(origin) || corsOrigins.includes('*')) return true;
  return doorkeeper.isOwnOrigin(request.raw, origin);
}

function foreignPage(): RacewayError {
  return new RacewayError(
    'forbidden',
    'a web page of this origin may not ask: list it in server.cors_origins',
  );
}

function notEnabled(): RacewayError {
  const message = 'assistants are not answered here; the operator turns it on by mcp.enabled';
  return new RacewayError('not_found', message);
}

/** What the protocol looks at; a key is no business of its library. */
function protocolHeaders({ headers }: FastifyRequest): Record<string, string> {
  const named = ['accept', 'content-type', 'mcp-protocol-version'] as const;
  return Object.fromEntries(
    named.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

/** One message: many at once would be many questions for the price of one. */
function readMessage(body: unknown): object {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (bytes.length > httpLimits.mcpMessageBytes) {
    const text = `a message to /mcp has at most ${httpLimits.mcpMessageBytes} bytes`;
    throw new RacewayError('too_large', text);
  }
  const value = parsed(bytes.toString('utf8'));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new RacewayError('bad_request', 'the body must be one message, a JSON object, and no list');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RacewayError('invalid_json', 'the body is no JSON', { cause });
  }
}
