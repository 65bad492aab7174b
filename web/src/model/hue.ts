/** As many as can be told apart on one page. */
export const hueCount = 12;

/** The colours that are given, by name: no more than there are. */
const given = new Map<string, number>();

/**
 * Which colour a service has. It is that of its name, on every page and every day, unless another service
 * has had it before in this window: then it is the next that is free, as long as there is one.
 */
export function hueOf(service: string): number {
  const known = given.get(service);
  if (known !== undefined) return known;
  const own = hueOfName(service);
  if (given.size === hueCount) return own;
  const taken = new Set(given.values());
  let hue = own;
  while (taken.has(hue)) hue = (hue + 1) % hueCount;
  given.set(service, hue);
  return hue;
}

function hueOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % hueCount;
}
