import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { useKeys } from '../app/keys.ts';

/** A list whose rows hold one link each: `j` and `k` go from one to the next, Enter opens it. */
export function RowLinks({ children }: { children: ComponentChildren }) {
  const list = useRef<HTMLElement>(null);
  const move = (by: number) => {
    const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>('tbody a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const next = at === -1 ? (by > 0 ? 0 : links.length - 1) : at + by;
    links[Math.max(0, Math.min(next, links.length - 1))]?.focus();
  };
  useKeys({ j: () => move(1), k: () => move(-1) });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    <section class="scroll" ref={list} tabIndex={0} aria-label="List">
      {children}
    </section>
  );
}
