/** An option that takes a value. */
export interface Option {
  readonly short: string | null;
  /** What the value is called in the help. */
  readonly value: string;
  readonly description: string;
}

/** Every option with a value; each command names those it takes. */
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
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;
