import { openMemoryStorage } from '../../src/storage/memory/memory.ts';
import { storageContract } from './contract.ts';

const mebibyte = 1024 * 1024;

storageContract('memory', async () => openMemoryStorage({ maxBytes: 64 * mebibyte }));
