import { valueText } from '../model/value-text.ts';
import { visible } from '../model/visible.ts';

/** A name of a trace: every character visible, and its direction its own. */
export function Name({ text, class: className = '' }: { text: string; class?: string }) {
  return <bdi class={className}>{visible(text)}</bdi>;
}

/** A name as code: variables, places, ids, locks. */
export function Code({ text, title }: { text: string; title?: string | undefined }) {
  return (
    <code title={title === undefined ? undefined : visible(title)}>
      <bdi>{visible(text)}</bdi>
    </code>
  );
}

/** A value of a trace. */
export function Value({ value }: { value: unknown }) {
  return (
    <code class="value">
      <bdi>{valueText(value)}</bdi>
    </code>
  );
}
