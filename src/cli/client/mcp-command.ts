import { packageName } from '../../mcp/load.ts';
import { withPackage } from '../../packages/optional-package.ts';
import { packageVersion } from '../../version.ts';
import type { Command } from '../context.ts';
import { readData } from '../server-data.ts';
import { clientSettings } from './client-settings.ts';

/** `raceway mcp` */
export const mcpCommand: Command = {
  name: 'mcp',
  summary: 'let an assistant ask a server, by the Model Context Protocol',
  description:
    'Speaks the Model Context Protocol on standard input and output, so that an assistant can list and\n' +
    'explain races, find and compare traces. It only reads. It needs a package that is not installed\n' +
    `with Raceway: npm install --global ${packageName}. docs/assistants.md has the set-up.`,
  options: ['server', 'key', 'ca'],
  async run(values, context) {
    const { server } = clientSettings(values, context);
    const [{ createMcpServer }, { StdioServerTransport }] = await loaded();
    const mcp = createMcpServer((path) => readData(server, path), packageVersion());
    const ended = new Promise<number>((resolve) => {
      mcp.server.onclose = () => resolve(0);
      context.input().once('end', () => resolve(0));
    });
    await mcp.connect(new StdioServerTransport());
    return ended;
  },
};

async function loaded() {
  return withPackage('raceway mcp', packageName, () =>
    Promise.all([
      import('../../mcp/mcp-server.ts'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
    ]),
  );
}
