import { createHash } from 'node:crypto';

/** Characters of a service's name that stand in its key as they are. */
export const SERVICE_KEY_CHARACTERS = 128;

/** A service's name as far as it fits an index entry; of a long one the beginning and a hash. */
export function serviceKey(service: string): string {
  if (service.length <= SERVICE_KEY_CHARACTERS) return service;
  const beginning = [...service].slice(0, SERVICE_KEY_CHARACTERS).join('');
  return beginning + createHash('sha256').update(service).digest('hex');
}
