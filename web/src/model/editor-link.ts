/** Programs that open a place in the code, and pages of a repository. What else runs or shows text is none. */
const schemes = [
  ...['vscode', 'vscode-insiders', 'vscodium', 'cursor', 'windsurf', 'zed', 'idea', 'jetbrains'],
  ...['pycharm', 'webstorm', 'goland', 'phpstorm', 'rubymine', 'rider', 'clion', 'fleet'],
  ...['subl', 'txmt', 'mvim', 'nvim', 'emacs', 'atom', 'nova', 'http', 'https'],
];

export const editorExamples: readonly (readonly [name: string, template: string])[] = [
  ['VS Code', 'vscode://file/{file}:{line}'],
  ['JetBrains', 'idea://open?file={file}&line={line}'],
  ['Zed', 'zed://file/{file}:{line}'],
  ['A repository', 'https://github.com/OWNER/REPOSITORY/blob/main/{file}#L{line}'],
];

/** What is wrong with a template; null: nothing. */
export function templateFault(template: string): string | null {
  if (template === '') return null;
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/.exec(template) ?? [];
  if (scheme === undefined) return 'It begins with the name of a program, as in vscode://';
  if (!schemes.includes(scheme)) return `${scheme}:// is no editor that is known here`;
  if (!rest.includes('{file}')) return 'It needs {file} where the file belongs';
  if (/^[^/?#]*\{/.test(rest)) return 'Where it leads must not depend on the file';
  return null;
}

/** Longer ones are no places. */
const placeCharactersMax = 1000;

/**
 * The address that opens a place in the code; null when there is none. Places are data of traces: each part
 * of a path is escaped, and what leads out of the folder, or to another machine, is no place.
 *
 * @param place as in `/srv/app/refund.py:39`
 */
export function editorLink(template: string, place: string): string | null {
  if (template === '' || templateFault(template) !== null) return null;
  const [, file = '', line] = /^(.+?)(?::(\d{1,9}))?(?::\d{1,9})?$/.exec(place) ?? [];
  if (file === '' || place.length > placeCharactersMax || !isPath(file)) return null;
  const parts = file.replaceAll('\\', '/').split('/');
  const path = parts.map(encodeURIComponent).join('/').replace(/^\//, '');
  return template.replaceAll('{file}', () => path).replaceAll('{line}', () => line ?? '1');
}

function isPath(file: string): boolean {
  if (/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/.test(file))
    return false;
  // Two slashes in front name another machine; a scheme is an address of its own.
  if (/^[\\/]{2}/.test(file) || /^[a-z][a-z0-9+.-]+:/i.test(file)) return false;
  if (file.split(/[\\/]/).some((part) => part === '..')) return false;
  return /[./\\]/.test(file) && !/\s/.test(file);
}
