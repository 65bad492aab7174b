import { withPackage } from '../packages/optional-package.ts';
import type { AnswerMessage } from './http-answer.ts';

/** What speaks the Model Context Protocol. */
export const packageName = '@modelcontextprotocol/sdk';

/**
 * What answers assistants over HTTP. The package that speaks their protocol is not installed with ours.
 *
 * @throws {RacewayError} when it is not there, with the command that installs it
 */
export async function loadAnswerMessage(version: string): Promise<AnswerMessage> {
  const { answerMessage } = await withPackage(
    'mcp.enabled',
    packageName,
    () => import('./http-answer.ts'),
  );
  return (given, read) => answerMessage(given, read, version);
}
