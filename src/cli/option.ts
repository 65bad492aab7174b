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
  until: { short: null, value: 'TIME', description: 'only traces last active before this time' },
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
    description: 'what the key is good for: ingest, read, delete, admin, with commas between',
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
