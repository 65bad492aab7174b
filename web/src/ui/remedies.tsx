import type { Issue } from '../api/types.ts';
import { visible } from '../model/visible.ts';
import { Code } from './name.tsx';

/** Ways to close a race, as the server tells them; the code knows more than its traces. */
export function Remedies({ remedies }: { remedies: Issue['remedies'] }) {
  return (
    <ol class="advice">
      {remedies.map(({ kind, title, text, example }) => (
        <li key={kind}>
          <b>{visible(title)}</b> {visible(text, 2000)}
          {example !== '' && (
            <>
              <br />
              <Code text={example} />
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
