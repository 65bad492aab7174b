import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Empty, Loading } from './states.tsx';

/**
 * A page, or a part of one, whose code is loaded when it is first shown.
 *
 * @param what is said to be loading meanwhile; null: nothing is said
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  what: string | null,
): ComponentType<Props> {
  let known: ComponentType<Props> | null = null;
  return function LazyPart(props: Props) {
    const [state, setState] = useState<'loading' | 'there' | 'failed'>(known ? 'there' : 'loading');
    useEffect(() => {
      if (known !== null) return;
      load().then(
        (component) => {
          known = component;
          setState('there');
        },
        () => setState('failed'),
      );
    }, []);
    if (state === 'failed') {
      return (
        <Empty title="This page could not be loaded">Load it again: the server may be newer.</Empty>
      );
    }
    const Known = known;
    if (Known !== null) return <Known {...props} />;
    return what === null ? null : <Loading what={what} />;
  };
}
