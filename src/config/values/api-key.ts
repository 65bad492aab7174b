/** The shortest key: 16 characters of the alphabet below can hold 96 random bits. */
const charactersMin = 16;
/** Far above any generator's output, far below what a header may carry. */
const charactersMax = 512;

/** RFC 6750, 2.1: what can stand behind `Bearer` in a header. */
const token68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Why a text is no API key, or null when it is one. The reason never repeats the text: it ends up
 * in logs.
 */
export function apiKeyFault(key: string): string | null {
  if (key.trim() === '') return 'is blank';
  if (!token68.test(key)) {
    return (
      'has a character that cannot be sent in an Authorization header ' +
      '(allowed: letters, digits, - . _ ~ + / and = at the end); `raceway keygen` makes a good key'
    );
  }
  if (key.length < charactersMin) {
    return `is shorter than ${charactersMin} characters; \`raceway keygen\` makes a good key`;
  }
  if (key.length > charactersMax) return `is longer than ${charactersMax} characters`;
  return null;
}
