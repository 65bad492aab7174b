/** A text of a trace in a comment of a script: one line that ends nothing. */
export function commentText(text: string): string {
  const plain = text.replace(/[^\u0020-\u007e]/gu, '?').replaceAll('*/', '* /');
  return plain.length > 160 ? `${plain.slice(0, 157)}...` : plain;
}

/** A text as one word of bash, in plain ASCII. */
export function shellWord(text: string): string {
  const whole = text.replaceAll('\0', '');
  if (/^[\u0020-\u007e]*$/.test(whole)) return `'${whole.replaceAll("'", `'\\''`)}'`;
  // By bytes: what \u means to a shell hangs on its locale.
  const bytes = [...Buffer.from(whole)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte > 0x7e) return `\\${byte.toString(8).padStart(3, '0')}`;
    return character === "'" || character === '\\' ? `\\${character}` : character;
  });
  return `$'${bytes.join('')}'`;
}

/** A text as a literal of JavaScript that stands on one line and is plain ASCII. */
export function javascriptText(text: string): string {
  return JSON.stringify(text).replace(
    /[^\u0020-\u007e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
