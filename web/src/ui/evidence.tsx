import type { Issue } from '../api/types.ts';
import { evidenceWords } from '../model/words.ts';

const levels = ['E0', 'E1', 'E2', 'E3', 'E4'] as const;

/** How sure a finding is: five steps, with words. */
export function Evidence({ level }: { level: Issue['evidence'] }) {
  const height = levels.indexOf(level) + 1;
  return (
    <span class="evidence" title={`Evidence ${level}`}>
      <svg viewBox="0 0 34 14" aria-hidden="true" focusable="false">
        {levels.map((name, place) => (
          <rect
            key={name}
            class={place < height ? 'on' : 'off'}
            x={place * 7}
            y={9 - place * 2}
            width="5"
            height={5 + place * 2}
            rx="1"
          />
        ))}
      </svg>
      {evidenceWords[level]}
    </span>
  );
}
