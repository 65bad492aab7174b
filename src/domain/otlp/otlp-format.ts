/** How a request is encoded; the answer is in the same. */
export type OtlpFormat = 'protobuf' | 'json';
