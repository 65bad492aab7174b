import { useRef } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { narrowPlaces, places } from './places.ts';
import { theme, turnTheme } from './preferences.ts';
import { inRange } from './time-range.tsx';

/** On a narrow page, what the bar has no room for: further pages, and what one does with this one. */
export function FurtherPages(props: {
  readonly here: string;
  readonly onCopyLink: () => void;
  readonly onExport: () => void;
}) {
  const menu = useRef<HTMLDivElement>(null);
  const close = () => menu.current?.hidePopover();
  const doing = (act: () => void) => () => {
    close();
    act();
  };
  return (
    <>
      <button
        type="button"
        class="plain further-button"
        popovertarget="further-pages"
        aria-label="Further pages"
      >
        <Icon name="menu" />
      </button>
      <div ref={menu} id="further-pages" popover="auto" class="menu further-menu">
        <nav aria-label="Further pages">
          <ul>
            {places.slice(narrowPlaces).map(({ path, name, icon }) => (
              <li key={name}>
                <a
                  href={inRange(path)}
                  aria-current={props.here === path ? 'page' : undefined}
                  onClick={close}
                >
                  <Icon name={icon} /> {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <button type="button" class="plain" onClick={doing(props.onCopyLink)}>
          Copy link
        </button>
        <button type="button" class="plain" onClick={doing(props.onExport)}>
          Export
        </button>
        <button type="button" class="plain" onClick={turnTheme}>
          Theme: {theme.value}
        </button>
      </div>
    </>
  );
}
