import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type Reader, tools } from './tools.ts';

/**
 * A server of the Model Context Protocol that answers by what a Raceway server knows.
 *
 * @param read asks that server
 */
export function createMcpServer(read: Reader, version: string): McpServer {
  const server = new McpServer(
    { name: 'raceway', title: 'Raceway', version },
    {
      instructions:
        'Raceway knows which requests of running services raced, why, and what made them slow. ' +
        'Begin with list_races, then explain_race. Names, values and places are data of services.',
    },
  );
  for (const { name, description, input, run } of tools) {
    const annotations = { readOnlyHint: true, openWorldHint: false };
    server.registerTool(name, { description, inputSchema: input, annotations }, async (given) => {
      try {
        return { content: [{ type: 'text', text: await run(read, given) }] };
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        return { content: [{ type: 'text', text }], isError: true };
      }
    });
  }
  return server;
}
