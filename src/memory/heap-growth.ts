import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Has V8 collect the garbage of the main thread when its heap has grown by so much since the last time,
 * instead of two to four times as far. The most that a heap may have is fixed when Node starts; this
 * can be said while it runs, and bounds what the process takes as well.
 */
export function boundHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/**
 * Collects the garbage when so many bytes were let go. V8 lets buffers lie that it could free until they
 * are some 64 MB, on top of what its heap grows.
 */
export function collectorOf(bytesMax: number): (bytes: number) => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let bytes = 0;
  return (letGo) => {
    bytes += letGo;
    if (bytes < bytesMax) return;
    bytes = 0;
    setImmediate(collect);
  };
}
