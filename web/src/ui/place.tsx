import { editorTemplate } from '../app/preferences.ts';
import { editorLink } from '../model/editor-link.ts';
import { visible } from '../model/visible.ts';
import { shortPlace } from '../model/words.ts';

/** A place in the code; with a way into the editor, where one is set. */
export function Place({ place, isShort = false }: { place: string; isShort?: boolean }) {
  const link = editorLink(editorTemplate.value, place);
  const code = (
    <code title={isShort ? visible(place) : undefined}>
      <bdi>{visible(isShort ? shortPlace(place) : place)}</bdi>
    </code>
  );
  if (link === null) return code;
  return (
    <>
      {code}{' '}
      <a class="open-place" href={link} rel="noopener noreferrer" title="Open in the editor">
        <span aria-hidden="true">↗</span>
        <span class="hidden">Open {visible(shortPlace(place))} in the editor</span>
      </a>
    </>
  );
}
