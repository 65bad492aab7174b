/** Postgres with everything sealed all the time: what is promised is what is promised of rows. */
import { sealedBackend } from '../support/backends.ts';
import { storageContract } from './contract.ts';
import { derivedContract } from './derived/contract.ts';

storageContract('postgres, sealed', sealedBackend.open);
derivedContract(sealedBackend);
