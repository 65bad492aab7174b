import type { PlacedSite } from '../../domain/findings/footprint.ts';
import { isShared } from '../accesses/variables.ts';

/** Without what differs between traces; whose memory it is does not matter for a shared variable. */
export function placedSite(signature: PlacedSite): PlacedSite {
  const { service, location, access_type, locks, scope, environment, crossLocks, undone } =
    signature;
  const process = isShared(scope) ? '' : signature.process;
  return { service, location, access_type, locks, scope, process, environment, crossLocks, undone };
}
