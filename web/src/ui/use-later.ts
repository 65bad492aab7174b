import { useEffect, useState } from 'preact/hooks';

/** A value once it has been the same for a while: for what is asked while somebody types. */
export function useLater<Value>(value: Value, waitMs: number): Value {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setLater(value), waitMs);
    return () => window.clearTimeout(timer);
  }, [value, waitMs]);
  return later;
}
