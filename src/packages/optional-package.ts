import { RacewayError } from '../domain/errors.ts';

/**
 * Loads a module that needs a package which is not installed with ours.
 *
 * @param who asks for it, in the words of a person: a command, or a setting
 * @throws {RacewayError} when the package is not there, with the command that installs it
 */
export async function withPackage<Module>(
  who: string,
  packageName: string,
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
