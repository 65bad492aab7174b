/** Control, direction and invisible characters, which could make a name look like another one. */
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** How much of a name, and of a value, is shown at once. */
export const nameCharactersMax = 200;
export const valueCharactersMax = 2000;

/** A text of a trace as it is shown: every character can be seen. */
export function visible(text: string, charactersMax = nameCharactersMax): string {
  const cut = text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
  return cut.replace(hidden, glyphOf);
}

/** The end of a name, which tells variables of one family apart. */
export function endOf(name: string, characters: number): string {
  return name.length <= characters ? name : `…${name.slice(1 - characters)}`;
}

function glyphOf(character: string): string {
  const code = character.charCodeAt(0);
  // Unicode has pictures of the first control characters.
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}
