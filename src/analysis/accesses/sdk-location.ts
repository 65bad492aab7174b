/** Code that records accesses for others, by the SDK that it is part of. */
const RECORDERS = [
  /(?:^|[/\\])auto-?track(?:ing)?\.[cm]?[jt]s(?::|$)/,
  /[/\\]node_modules[/\\](?:@[\w.-]+[/\\])?raceway[/\\]/,
  /[/\\]raceway(?:[-_]\w+)?-\d+\.\d[\w.+-]*[/\\]src[/\\].+\.rs(?::|$)/,
  /[/\\](?:site|dist)-packages[/\\]raceway(?:_\w+)?[/\\]/,
  /[/\\]raceway(?:-\w+)*@v\d[^/\\]*[/\\]/,
];

/** Whether a place in the code is inside an SDK, and so says nothing of who made the access. */
export function isSdkLocation(location: string): boolean {
  return RECORDERS.some((recorder) => recorder.test(location));
}

/**
 * Whether the SDK itself took the old value of a write from the object when it was written, so that
 * the code that wrote need not have known it.
 */
export function isOldValueTracked(location: string): boolean {
  return (RECORDERS[0] as RegExp).test(location);
}
