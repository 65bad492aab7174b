import type { FastifyReply, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import type { DoorFault } from '../door/doorkeeper.ts';
import { sendFailure } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ClientAddresses } from './client-address.ts';
import type { Budgets } from './rate-limit.ts';

/** What happens to requests that are not let in. */
export interface Refusals {
  /** Counts a failure by its address; false when there were too many, and the request is answered. */
  count(request: FastifyRequest, reply: FastifyReply, fault: DoorFault): Promise<boolean>;
  /** Counts a failure, and answers. */
  refuse(request: FastifyRequest, reply: FastifyReply, fault: DoorFault): Promise<void>;
}

export function createRefusals(
  budgets: Budgets,
  addresses: ClientAddresses,
  metrics: Metrics,
): Refusals {
  const count = async (request: FastifyRequest, reply: FastifyReply, fault: DoorFault) => {
    metrics.authFailed(fault);
    const { isAllowed, count: failures } = await budgets.takeFailure(request, reply);
    if (failures === httpLimits.failuresUnremarked + 1) {
      metrics.addressFailedOften();
      request.log.warn(
        { client: addresses.of(request.raw) },
        `more than ${httpLimits.failuresUnremarked} requests without a valid key came from one address within a minute`,
      );
    }
    return isAllowed;
  };
  return {
    count,
    async refuse(request, reply, fault) {
      if (await count(request, reply, fault)) sendFailure(reply, unauthorized(fault));
    },
  };
}

const faultSentences: Readonly<Record<DoorFault, string>> = {
  missing: 'send a valid key as Authorization: Bearer KEY or as X-Raceway-Key: KEY',
  wrong: 'the key is not one of this server',
  mistyped: 'this looks like a mistyped Raceway key: its checksum does not fit; copy it again',
  expired: 'this key has expired; ask the operator of the server for a new one',
  session: 'the session of this browser has ended; sign in again',
  foreign_page:
    'the sign-in of a browser counts for pages of this server only, which send ' +
    'X-Raceway-UI: 1 with what they change',
};

function unauthorized(fault: DoorFault): RacewayError {
  return new RacewayError('unauthorized', `Unauthorized: ${faultSentences[fault]}`);
}
