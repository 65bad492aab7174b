import pino from 'pino';
import { loadConfig } from '../src/config/load.ts';
import { startServer } from '../src/server.ts';

/** The text of `openapi.json`: what the server answers at that path, laid out for reading. */
export async function openApiText(): Promise<string> {
  // Where no raceway.toml can be.
  const cwd = import.meta.dirname;
  const { config } = loadConfig({ port: '0', environment: {}, cwd });
  const server = await startServer(config, pino({ level: 'silent' }));
  try {
    const reply = await fetch(`${server.url}/openapi.json`);
    return `${JSON.stringify(await reply.json(), null, 2)}\n`;
  } finally {
    await server.close();
  }
}
