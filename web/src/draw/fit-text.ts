import type { Pen } from './pen.ts';

/** What is kept of texts that were measured; when it is full, all of it is forgotten. */
const keptMax = 4000;
const kept = new Map<string, FittedText>();

/** A text as far as there is room for it. */
export interface FittedText {
  readonly text: string;
  readonly width: number;
}

/**
 * A text that ends in an ellipsis where the room for it ends. Names repeat from row to row, and to measure
 * them is what drawing takes longest for, so that it is done once for each.
 */
export function fitText(context: Pen, type: string, text: string, room: number): FittedText {
  const key = `${Math.floor(room)} ${type} ${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  context.font = type;
  const fitted = cut(context, text, Math.floor(room));
  if (kept.size >= keptMax) kept.clear();
  kept.set(key, fitted);
  return fitted;
}

function cut(context: Pen, text: string, room: number): FittedText {
  const whole = context.measureText(text).width;
  if (whole <= room) return { text, width: whole };
  const characters = [...text];
  let most = Math.min(characters.length - 1, Math.floor((characters.length * room) / whole));
  for (; most > 0; most -= 1) {
    const shorter = `${characters.slice(0, most).join('').trimEnd()}…`;
    const { width } = context.measureText(shorter);
    if (width <= room) return { text: shorter, width };
  }
  return { text: '', width: 0 };
}
