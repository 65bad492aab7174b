const name = 'raceway_session';
/** A browser sends one; more are left over from other servers of this host. */
const cookiesMax = 8;

/**
 * The header that gives a browser its session. Without a path the browser keeps the cookie to where
 * it was set: `/api` below whatever prefix a proxy adds, so that servers under one host do not meet.
 */
export function sessionCookie(
  value: string,
  options: { readonly maxAgeSeconds: number; readonly isSecure: boolean },
): string {
  const secure = options.isSecure ? '; Secure' : '';
  return `${name}=${value}; HttpOnly; SameSite=Strict; Max-Age=${options.maxAgeSeconds}${secure}`;
}

/** The values of our cookie in a `Cookie` header. */
export function sessionValues(header: string | undefined): string[] {
  if (header === undefined) return [];
  const prefix = `${name}=`;
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
    .slice(0, cookiesMax)
    .map((pair) => pair.slice(prefix.length));
}
