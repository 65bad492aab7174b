/**
 * Why a text is not the URL of a server as its clients know it; null when it is one. A path is the
 * prefix under which a proxy shows the server.
 */
export function publicUrlFault(text: string): string | null {
  if (text.trim() === '') return 'is blank';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'must be a URL that begins with https:// or http://, as in "https://raceway.company.com"';
  }
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password';
  if (url.search !== '' || url.hash !== '') return 'must end with its path: without ? and #';
  return null;
}
