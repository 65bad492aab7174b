import { RacewayError } from '../domain/errors.ts';
import type { AnswerMessage } from './http-answer.ts';

/** What speaks the Model Context Protocol. */
export const packageName = '@modelcontextprotocol/sdk';

/**
 * What answers assistants over HTTP. The package that speaks their protocol is not installed with ours.
 *
 * @throws {RacewayError} when it is not there, with the command that installs it
 */
export async function loadAnswerMessage(version: string): Promise<AnswerMessage> {
  const { answerMessage } = await withPackage('mcp.enabled', () => import('./http-answer.ts'));
  return (given, read) => answerMessage(given, read, version);
}

/** @throws {RacewayError} when the package that a module needs is not there */
export async function withPackage<Module>(
  who: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const message = `${who} needs a package that is not there: npm install --global ${packageName}`;
    throw new RacewayError('bad_request', message, { cause });
  }
}
