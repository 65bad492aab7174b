/**
 * Keys that the ancestor had and this server refuses: a key that is only ignored would leave its
 * owner believing in a protection that is not there.
 */
export const refusedKeys: ReadonlyMap<string, string> = new Map([
  [
    'server.ui_password',
    'is not supported: a password of the web page would guard the page but not the API below it; ' +
      'remove it and set server.api_keys, which guard both',
  ],
]);
