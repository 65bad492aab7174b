/** Cut for indexes and lists; a cut emoji leaves a replacement character, no half of one. */
export function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // A slice keeps the whole text alive as long as it lives; a copy does not.
  return JSON.parse(JSON.stringify(text.slice(0, characters).toWellFormed()));
}
