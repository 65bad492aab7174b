export interface Option {
  readonly short: string | null;
  /** What the value is called in the help; null: there is none, the option is a flag. */
  readonly value: string | null;
  readonly description: string;
}

/** Every option but --help and --version; each command names those it takes. */
export const options = {
  config: {
    short: 'c',
    value: 'FILE',
    description: 'read this file (default: RACEWAY_CONFIG, else ./raceway.toml if it exists)',
  },
  host: { short: null, value: 'HOST', description: 'address to listen on (server.host)' },
  port: {
    short: null,
    value: 'PORT',
    description: 'port to listen on, 0 for any free one (server.port)',
  },
  'otlp-http-port': {
    short: null,
    value: 'PORT',
    description: 'a further port for OTLP over HTTP (otlp.http_port)',
  },
  'otlp-grpc-port': {
    short: null,
    value: 'PORT',
    description: 'port for OTLP over gRPC (otlp.grpc_port)',
  },
  grants: {
    short: null,
    value: null,
    description: 'print the SQL script that gives the roles of server and analysts their rights',
  },
  apply: { short: null, value: null, description: 'with --grants: migrate, then run that script' },
  seal: {
    short: null,
    value: null,
    description: 'then seal what is due (storage.postgres.seal_after_minutes), with progress',
  },
  key: { short: null, value: 'KEY', description: 'API key of the server that is asked' },
  server: {
    short: null,
    value: 'URL',
    description: 'the server, as in https://raceway.company.com',
  },
  out: { short: null, value: 'FILE', description: 'write there (default: standard output)' },
  trace: { short: null, value: 'ID', description: 'only this trace' },
  service: { short: null, value: 'NAME', description: 'only traces with an event of this service' },
  since: {
    short: null,
    value: 'TIME',
    description: 'only what was active at or after this time, as in 2024-05-01T00:00:00Z',
  },
  until: {
    short: null,
    value: 'TIME',
    description: 'only traces last active before this time; of a triage, its end',
  },
  tag: {
    short: null,
    value: 'KEY:VALUE',
    description: 'only traces with an event that has this tag, as in user_id:42',
  },
  writer: {
    short: null,
    value: 'NAME',
    description: 'only traces with an event that the key of this name sent',
  },
  partial: { short: null, value: null, description: 'also take a file that was cut off' },
  ca: {
    short: null,
    value: 'FILE',
    description: 'root certificate to trust beside the usual ones, in PEM form',
  },
  name: { short: null, value: 'NAME', description: 'name of the key, as logs and metrics show it' },
  scopes: {
    short: null,
    value: 'LIST',
    description:
      'what the key is good for: ingest, read, triage, delete, admin, with commas between',
  },
  expires: {
    short: null,
    value: 'TIME',
    description: 'when the key ends: 90d, 12h, 4w, or a date or time (default: never)',
  },
  hash: { short: null, value: 'HASH', description: 'ask that a line with this hash is there' },
  services: {
    short: null,
    value: 'LIST',
    description: 'the only services whose events the key may store (default: all)',
  },
  'fail-on': {
    short: null,
    value: 'LEVEL',
    description: 'the weakest evidence that fails, E0 to E4 (default: E2)',
  },
  'exit-code': { short: null, value: 'CODE', description: 'exit code for new races (default: 3)' },
  baseline: { short: null, value: 'FILE', description: 'races that are known and fail nothing' },
  'update-baseline': {
    short: null,
    value: null,
    description: 'write the races of now into the baseline, and fail nothing',
  },
  junit: { short: null, value: 'FILE', description: 'write a JUnit report there' },
  sarif: { short: null, value: 'FILE', description: 'write a SARIF report there' },
  markdown: {
    short: null,
    value: 'FILE',
    description: 'write a comment for a pull request there',
  },
  repeat: {
    short: null,
    value: 'COUNT',
    description: 'run the command so often, or until it fails',
  },
  save: { short: null, value: 'FILE', description: 'keep the events, for raceway import' },
  json: { short: null, value: null, description: 'write what the server says, as JSON' },
  format: {
    short: null,
    value: 'FORMAT',
    description:
      'human, json, logfmt or md (default: human; in a pipe with tabs between); races also csv, sarif',
  },
  'no-color': { short: null, value: null, description: 'no colors; NO_COLOR does the same' },
  utc: {
    short: null,
    value: null,
    description: 'times in UTC instead of the zone of this machine',
  },
  quiet: { short: 'q', value: null, description: 'no remarks beside the answer' },
  variable: { short: null, value: 'NAME', description: 'only races of this variable' },
  pattern: { short: null, value: 'NAME', description: 'only races of this kind, as lost_update' },
  evidence: {
    short: null,
    value: 'LEVEL',
    description: 'the weakest evidence that is shown, E0 to E4 (default: E1)',
  },
  scope: { short: null, value: 'any', description: 'also races of unknown scope' },
  state: {
    short: null,
    value: 'STATE',
    description: 'open, acknowledged, ignored or resolved; of races also any',
  },
  note: { short: null, value: 'TEXT', description: 'what is to be known of it; empty: nothing' },
  assignee: { short: null, value: 'NAME', description: 'who looks after it; empty: nobody' },
  link: { short: null, value: 'URL', description: 'a ticket or a pull request; empty: none' },
  'false-alarm': {
    short: null,
    value: 'REASON',
    description: 'why it is no race at all; ignores it',
  },
  pin: {
    short: null,
    value: null,
    description: 'keep traces of its witnesses from retention and eviction',
  },
  unpin: { short: null, value: null, description: 'let these traces go with all others' },
  limit: { short: null, value: 'COUNT', description: 'the most that is shown' },
  watch: { short: 'w', value: null, description: 'stay, and show what is new' },
  witness: { short: null, value: 'NUMBER', description: 'which witness is shown (default: 1)' },
  web: { short: null, value: null, description: 'open the page of the web UI instead' },
  search: {
    short: null,
    value: 'TEXT',
    description: 'only traces whose id or root begins with this text',
  },
  races: { short: null, value: null, description: 'only what raced' },
  errors: { short: null, value: null, description: 'only what failed' },
  slow: {
    short: null,
    value: null,
    description: 'only what took longer, or less, than it usually does',
  },
  'min-ms': { short: null, value: 'MS', description: 'only traces that took at least so long' },
  critical: { short: null, value: null, description: 'only what everybody waited for' },
  locks: { short: null, value: null, description: 'only locks, and what was accessed' },
  width: { short: null, value: 'COLUMNS', description: 'columns to draw in' },
  as: {
    short: null,
    value: 'SCRIPT',
    description: 'psql, pg, curl or node (default: the first that there is)',
  },
  erase: { short: null, value: null, description: 'take the example away again' },
  production: {
    short: null,
    value: null,
    description: 'ask the database too, and exit with 1 when a line of the checklist fails',
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;

/** The options that were written, by name; a flag is `true`. */
export type OptionValues = {
  -readonly [Name in OptionName]?: (typeof options)[Name]['value'] extends null ? true : string;
};
