import { styleText } from 'node:util';

/** What a text is about, which a terminal shows by its color. */
export type Tone = 'strong' | 'weak' | 'race' | 'error' | 'critical' | 'plain';

const styles = {
  strong: 'bold',
  weak: 'dim',
  race: 'red',
  error: 'yellow',
  critical: 'cyan',
} as const satisfies Readonly<Record<Exclude<Tone, 'plain'>, string>>;

/** A text in its color; as it is where there are none. The text itself must be plain. */
export function painted(text: string, tone: Tone, hasColors: boolean): string {
  if (!hasColors || tone === 'plain' || text === '') return text;
  return styleText(styles[tone], text, { validateStream: false });
}
