import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { createMcpServer } from './mcp-server.ts';
import type { Reader } from './tools.ts';

/** What is answered to one message of an assistant. */
export interface McpAnswer {
  readonly status: number;
  /** Null: there is no body. */
  readonly type: string | null;
  readonly body: string;
}

/** A message of the protocol as it came by HTTP. */
export interface McpMessage {
  readonly headers: Readonly<Record<string, string>>;
  /** The body, parsed. */
  readonly message: unknown;
}

/** Answers one message; see {@link answerMessage}. */
export type AnswerMessage = (given: McpMessage, read: Reader) => Promise<McpAnswer>;

/**
 * Answers one message of the Model Context Protocol by streamable HTTP. Each is answered by itself and
 * nothing of it is kept: there are no sessions that could grow, and any instance answers the next.
 */
export async function answerMessage(
  { headers, message }: McpMessage,
  read: Reader,
  version: string,
): Promise<McpAnswer> {
  const server = createMcpServer(read, version);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    // The protocol does not look at the name of the host: the gate in front has.
    const request = new Request('http://localhost/mcp', { method: 'POST', headers });
    const response = await transport.handleRequest(request, { parsedBody: message });
    const type = response.headers.get('content-type');
    return { status: response.status, type, body: await response.text() };
  } finally {
    await server.close();
  }
}
