/**
 * How well a name fits what somebody types: its letters in their order; those that stand together, and those at
 * the beginning of a word, count more. Null: it does not fit.
 */
export function fitOf(name: string, wanted: string): number | null {
  if (wanted === '') return 0;
  const [text, letters] = [name.toLowerCase(), wanted.toLowerCase()];
  const whole = text.indexOf(letters);
  // The whole of it is better than any letters between others; early is better than late.
  if (whole !== -1) return 1000 - Math.min(whole, 500) + (isWordStart(text, whole) ? 200 : 0);
  let at = -1;
  let fit = 0;
  for (const letter of letters) {
    if (letter === ' ') continue;
    const next = text.indexOf(letter, at + 1);
    if (next === -1) return null;
    if (next === at + 1) fit += 3;
    if (isWordStart(text, next)) fit += 5;
    at = next;
  }
  return fit - Math.min(text.length, 200) / 100;
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || /[^a-z0-9]/.test(text.charAt(at - 1));
}
