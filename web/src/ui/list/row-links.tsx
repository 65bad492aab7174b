import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { useKeys } from '../../app/keys.ts';

/**
 * A list whose rows hold one link each: `j` and `k` go from one to the next, Enter opens it, `o` in a
 * window of its own; arrows, Home and End too, once one of them has the focus. `f` goes to the filters.
 */
export function RowLinks({ label, children }: { label: string; children: ComponentChildren }) {
  const list = useRef<HTMLElement>(null);
  const links = () => [...(list.current?.querySelectorAll<HTMLAnchorElement>('tbody a') ?? [])];
  const focused = () => links().indexOf(document.activeElement as HTMLAnchorElement);
  const focus = (place: number) => {
    const all = links();
    all[Math.max(0, Math.min(place, all.length - 1))]?.focus();
  };
  const move = (by: number) => {
    const at = focused();
    focus(at === -1 ? (by > 0 ? 0 : links().length - 1) : at + by);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    o: () => {
      const link = links()[focused()];
      if (link !== undefined) window.open(link.href, '_blank', 'noopener');
    },
    f: () => document.querySelector<HTMLElement>('.filters input, .filters select')?.focus(),
  });
  const byKey: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Home: () => focus(0),
    End: () => focus(links().length - 1),
  };
  return (
    <section
      class="scroll"
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
      tabIndex={0}
      aria-label={label}
      onKeyDown={(event) => {
        // Elsewhere in the list these keys scroll.
        if (focused() === -1 || !Object.hasOwn(byKey, event.key)) return;
        event.preventDefault();
        byKey[event.key]?.();
      }}
    >
      {children}
    </section>
  );
}
