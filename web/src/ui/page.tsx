import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
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
