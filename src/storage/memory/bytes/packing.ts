import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * Text that events and findings have in common. With it, even the first of its kind in a packed
 * entry becomes a reference, which saves a third of the bytes. The most frequent parts come last.
 */
const DICTIONARY = Buffer.from(
  [
    'Lost update of : both wrote from the same old value; once.',
    ' holding  (read) and Write at  access  and nothing orders them;  times.',
    'No order of the requests explains what they saw (G-single): ',
    'request  wrote  before request  did; request  read  as it was before request  wrote ',
    'Request  and request  used  at the same time, one of them to write, and no lock kept them apart.',
    '{"error_type":"Error","message":"","stack_trace":null}',
    '{"task_id":"","task_name":"","spawned_at":""}{"future_id":"","awaited_at":""}',
    '{"function_name":"","module":"","args":{},"file":"","line":1}',
    '{"function_name":"","return_value":null,"file":"","line":1}',
    '{"lock_id":"","lock_type":"Mutex","location":""}LockAcquireLockRelease',
    '{"method":"GET","url":"","headers":{},"body":null}{"method":"POST","url":"',
    'HttpResponse{"status":200,"headers":{},"body":null,"duration_ms":1}',
    '{"variable":"","old_value":null,"new_value":null,"location":"","access_type":"Read"}',
    '"access_type":"Write"}[["',
    '{"thread_id":"","process_id":1,"service_name":"","environment":"production",',
    '"tags":{"sdk_language":"typescript"},"duration_ns":null,"instance_id":"",',
    '"distributed_span_id":"","upstream_span_id":null}',
    '{"traceId":"","variable":"","firstNs":"1","lastNs":"1","signatures":[{"service":"","location":"',
    '","access_type":"Read","locks":[],"scope":"plain","process":"[\\"","crossLocks":[],',
    '"locks":[{"name":"","mode":"exclusive"}],"crossLocks":[{"name":"[\\"","mode":"exclusive"}],',
    '"undone":false,"count":1}],"accesses":[{"eventId":"","timestampNs":"1","timestamp":"20',
    'Z","thread":"","signature":0,"order":1,"oldValue":null,"newValue":null},',
    '"oldValue":"1","newValue":"1"}],"complete":true,"transaction":null,"group":[""]}',
    '{"variable":"","events":[{"trace_id":"","event_id":"","timestamp":"20","thread":"","service":"',
    '"}],"explanation":""}"access_type":"Read","old_value":null,"new_value":null}],"steps":[',
    '","access_type":"Write","old_value":1,"new_value":1},{"column":2,"variable":"","trace_id":"',
    '","event_id":"","timestamp":"20","thread":"","service":"","location":"',
  ].join(''),
);

/** Of the result, which is allocated in chunks: by default ten times as much as an entry takes. */
const CHUNK_BYTES = 2048;

/** What was packed is not kept anywhere but in this process: the dictionary may change. */
export function pack(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { dictionary: DICTIONARY, chunkSize: CHUNK_BYTES });
}

export function unpack(packed: Uint8Array): Buffer {
  return inflateRawSync(packed, { dictionary: DICTIONARY });
}

/** Entries one behind the other; plain data, for it goes from thread to thread. */
export interface Bundle {
  readonly bytes: Uint8Array;
  /** Bytes of each entry. */
  readonly lengths: readonly number[];
}

export function entriesOf({ bytes, lengths }: Bundle): Uint8Array[] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return bytes.subarray(end - length, end);
  });
}

/** Packs each entry by itself. */
export function packAll(bundle: Bundle): Bundle {
  const packed = entriesOf(bundle).map(pack);
  return { bytes: Buffer.concat(packed), lengths: packed.map(({ length }) => length) };
}
