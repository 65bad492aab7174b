/**
 * What a key may be good for; each route asks for one of them. `ingest` stores events, `read` looks
 * at them and at the server's state, `triage` says what was decided about races, `delete` erases, `admin`
 * is for what concerns all data at once.
 * None includes another.
 */
export const scopes = ['ingest', 'read', 'triage', 'delete', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a key of `server.api_keys` is good for. */
export const plainKeyScopes: readonly Scope[] = ['ingest', 'read', 'triage', 'delete'];
