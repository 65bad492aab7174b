import type { Environment } from './environment.ts';

/** The text with its variables filled in, or the reason why that is not possible. */
export type Interpolated = { text: string } | { fault: string };

const placeholder = /\$\$\{|\$\{([^}]*)\}?/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const strayPlaceholder =
  'has a "$' + '{" without a variable name and "}" behind it; write $$' + '{ for a literal $' + '{';

/**
 * Replaces `${NAME}` by the variable's value; `$${` stands for a literal `${`. Before the `@` of a
 * URL values are percent-encoded, so that a password may hold any character.
 */
export function interpolate(template: string, environment: Environment): Interpolated {
  const userInfoEnd = endOfUserInfo(template);
  let fault: string | null = null;
  const text = template.replace(placeholder, (match, name: string | undefined, at: number) => {
    if (match === '$${') return '${';
    const value =
      variableName.test(name ?? '') && match.endsWith('}') ? environment[name ?? ''] : null;
    if (value === null) fault ??= strayPlaceholder;
    else if (value === undefined) fault ??= `refers to the variable ${name}, which is not set`;
    else if (value.trim() === '') fault ??= `refers to the variable ${name}, which is empty`;
    else if (at < userInfoEnd && value !== value.trim()) {
      fault ??= `refers to the variable ${name}, which ${edgeOf(value)}; no password does: store it without`;
    }
    return at < userInfoEnd ? encodeURIComponent(value ?? '') : (value ?? '');
  });
  return fault === null ? { text } : { fault };
}

function edgeOf(value: string): string {
  const blank = value === value.trimStart() ? value.at(-1) : value.at(0);
  const place = value === value.trimStart() ? 'ends' : 'begins';
  return `${place} with a ${blank === '\n' || blank === '\r' ? 'line break' : 'blank'}`;
}

/** Where the user and password of a URL end; 0 when there are none. */
function endOfUserInfo(template: string): number {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(template)?.[0] ?? '';
  return authority.lastIndexOf('@') + 1;
}
