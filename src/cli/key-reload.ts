import { isFileVariable } from '../config/environment.ts';
import { ConfigError } from '../config/fault.ts';
import { fileState, isPipe } from '../config/file-state.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Config, keys } from '../config/schema.ts';
import { type Tree, valueAt } from '../config/toml.ts';
import type { KeyChange } from '../keys/key-ring.ts';

/** How often the files of the configuration are looked at. */
export const keyPollMs = 5000;

/** Of the settings only keys can change while the server runs. */
const reloadable = ['server.api_keys', 'server.keys'];

export interface KeyReloadParts {
  /** Reads the whole configuration again. */
  readonly load: () => LoadedConfig;
  readonly log: Readonly<Record<'info' | 'warn' | 'error', (text: string) => void>>;
  /** Makes these the keys of the server. */
  readonly apply: (settings: Config['server']) => KeyChange;
}

/** Takes the keys of a running server anew. What cannot be used changes nothing and is logged. */
export class KeyReload {
  readonly #parts: KeyReloadParts;
  readonly #running: Config;
  #files: readonly string[];
  /** What the files looked like when they were last read, and at the last poll. */
  #readState: string;
  #seenState: string;

  constructor(loaded: LoadedConfig, parts: KeyReloadParts) {
    this.#parts = parts;
    this.#running = loaded.config;
    this.#files = loaded.files;
    this.#readState = this.#state();
    this.#seenState = this.#readState;
  }

  /** Takes the keys anew when a file changed and has come to rest since the last call. */
  poll(): void {
    const state = this.#state();
    if (state === this.#seenState && state !== this.#readState) this.#reload();
    this.#seenState = state;
  }

  /** Takes the keys anew at once, as SIGHUP asks for. */
  reload(): void {
    const loaded = this.#reload();
    const source = loaded?.sources.get('server.api_keys') ?? '';
    if (!source.startsWith('RACEWAY_') || isFileVariable(source)) return;
    this.#parts.log.info(
      `keys of ${source} cannot change while the process runs; those of raceway.toml and of ` +
        'RACEWAY_API_KEYS_FILE can',
    );
  }

  #reload(): LoadedConfig | null {
    const { log } = this.#parts;
    this.#readState = this.#state();
    const loaded = this.#load();
    if (loaded === null) return null;
    this.#files = loaded.files;
    this.#readState = this.#state();
    const { added, removed, left } = this.#parts.apply(loaded.config.server);
    const names = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
    log.info(`keys read again: added ${names(added)}; removed ${names(removed)}`);
    if (left === 0 && removed.length > 0) {
      log.warn('no key is left: the server refuses every request until there is one');
    }
    const changed = this.#changedSettings(loaded.config);
    if (changed.length > 0) log.warn(`a restart is needed for: ${changed.join(', ')}`);
    return loaded;
  }

  #load(): LoadedConfig | null {
    const pipe = this.#files.find(isPipe);
    if (pipe !== undefined) {
      this.#parts.log.error(`the keys stay as they are: ${pipe} is a pipe and was read already`);
      return null;
    }
    try {
      return this.#parts.load();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#parts.log.error(`the keys stay as they are. ${error.message}`);
      return null;
    }
  }

  #changedSettings(config: Config): string[] {
    const textOf = (of: Config, path: readonly string[]) =>
      JSON.stringify(valueAt(of as unknown as Tree, path));
    return keys
      .filter(({ name, path }) => {
        // Keys that appear are asked for at once.
        if (name === 'server.auth_enabled' && config.server.auth_enabled) return false;
        return !reloadable.includes(name) && textOf(config, path) !== textOf(this.#running, path);
      })
      .map(({ name }) => name);
  }

  #state(): string {
    return this.#files.map(fileState).join('\n');
  }
}
