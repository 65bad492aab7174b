/** The text with ASCII letters in lower case: what every storage can do alike. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
