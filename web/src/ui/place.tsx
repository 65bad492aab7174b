import { editorTemplate } from '../app/preferences.ts';
import { editorLink } from '../model/editor-link.ts';
import { visible } from '../model/visible.ts';
import { shortPlace } from '../model/words.ts';

/** A place in the code; with a way into the editor, where one is set. */
export function Place(props: {
  readonly place: string;
  /** What is told beside it, and need not be said again. */
  readonly operation?: string | null;
  readonly isShort?: boolean;
}) {
  const { place, operation = null, isShort = false } = props;
  const short = shortPlace(place, operation);
  const link = editorLink(editorTemplate.value, place);
  const code = (
    <code title={isShort ? visible(place) : undefined}>
      <bdi>{visible(isShort ? short : place)}</bdi>
    </code>
  );
  if (link === null) return code;
  return (
    <>
      {code}{' '}
      <a class="open-place" href={link} rel="noopener noreferrer" title="Open in the editor">
        <span aria-hidden="true">↗</span>
        <span class="hidden">Open {visible(short)} in the editor</span>
      </a>
    </>
  );
}
