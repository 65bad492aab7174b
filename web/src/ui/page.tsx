import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { query } from '../api/client.ts';
import { noteRecent } from '../app/recent.ts';
import { path, search } from '../app/route.ts';
import { visible } from '../model/visible.ts';

/** A page: its name in the window, its heading focused when somebody comes to it. */
export function Page(props: {
  readonly title: string;
  /** The heading, when it says more than the title. */
  readonly heading?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const { title, heading = title, children } = props;
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${visible(title)} · Raceway`;
    // Pages of one thing are what somebody may want to come back to.
    if (path.value.includes('/')) noteRecent({ name: title, target: whereItIs() });
  }, [title]);
  useEffect(() => {
    // Who has just opened the window is at its beginning anyway.
    if (document.activeElement !== document.body || history.length > 1) {
      head.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <>
      <h1 ref={head} tabIndex={-1}>
        {typeof heading === 'string' ? visible(heading) : heading}
      </h1>
      {children}
    </>
  );
}

/** The address of a page without what is chosen on it. */
function whereItIs(): string {
  const [name, id] = ['name', 'id'].map((member) => search.value.get(member));
  return path.value.endsWith('~') ? `${path.value}${query({ name, id })}` : path.value;
}

/** A part of a page in a frame of its own. */
export function Card(props: {
  readonly title: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}) {
  const { title, hint, tools, class: className = '', children } = props;
  return (
    <section class={`card ${className}`}>
      <header>
        <h2>{title}</h2>
        {hint !== undefined && <span class="muted">{hint}</span>}
        {tools !== undefined && <span class="tools">{tools}</span>}
      </header>
      {children}
    </section>
  );
}
