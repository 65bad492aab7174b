import { resolve } from 'node:path';
import { type Circumstances, checklist } from '../checkup/checklist.ts';
import { type FileFacts, fileFacts } from '../checkup/file-facts.ts';
import { remarkLines } from '../checkup/remark.ts';
import { readCertificate } from '../config/certificate.ts';
import { certificateFiles } from '../config/decision.ts';
import { describeConfig } from '../config/describe.ts';
import { isFileVariable } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import { readTextFile } from '../config/values/text-file.ts';
import { RacewayError } from '../domain/errors.ts';
import { configuredKeys } from '../keys/access-key.ts';
import type { Command, Context } from './context.ts';
import { loadFor } from './load.ts';

/** `raceway check` */
export const check: Command = {
  name: 'check',
  summary: 'check the configuration and show what is in effect',
  description:
    'Reads the configuration as `raceway serve` would. Prints every key with its value and source,\n' +
    'secrets masked, then the checklist of docs/security.md: pass, warn, fail, unknown, and outside\n' +
    'for what cannot be seen from here, each with what to do; or all faults of the configuration,\n' +
    'with exit code 1. Starts nothing. Run it as the user and in the place of the server.',
  options: ['config', 'host', 'port', 'otlp-http-port', 'otlp-grpc-port', 'production'],
  async run({ production, ...values }, context) {
    const loaded = loadFor(values, context);
    context.print(describeConfig(loaded));
    for (const { level, text } of loaded.notes) {
      context.tell(level === 'warn' ? `WARNING: ${text}` : text);
    }
    context.tell('The configuration is sound.');
    const asked = production === true ? await askDatabases(loaded) : notAsked;
    const remarks = checklist(loaded.config, circumstances(loaded, context, asked));
    context.print(`\n${remarkLines(remarks)}`);
    const hasFailed = remarks.some(({ level }) => level === 'fail');
    return production === true && hasFailed ? 1 : 0;
  },
};

function circumstances(
  loaded: LoadedConfig,
  context: Context,
  asked: AskedDatabases,
): Circumstances {
  const { uid, cwd } = context;
  const { plainSecrets } = loaded;
  const files = certificateFiles(loaded.config.server.tls);
  const reading =
    files === null ? null : readCertificate(files, (path) => readTextFile(resolve(cwd, path)));
  const certificateExpiresAtMs =
    reading !== null && 'certificate' in reading ? reading.certificate.expiresAtMs : null;
  const nowMs = Date.now();
  return {
    nowMs,
    uid,
    files: filesOf(loaded, context),
    plainSecrets,
    certificateExpiresAtMs,
    ...asked,
  };
}

/** The files that matter: certificates and roots are public. */
function filesOf(loaded: LoadedConfig, { environment, cwd }: Context): FileFacts[] {
  const { config, files, sources, plainSecrets } = loaded;
  const { tls } = config.server;
  const absolute = (paths: readonly (string | null | undefined)[]) =>
    paths.flatMap((path) => (path ? [resolve(cwd, path)] : []));
  const { connection, read_connection: replica } = config.storage.postgres;
  const publicFiles = absolute([tls.cert, connection?.sslRootCert, replica?.sslRootCert]);
  const named = [...sources.values()].filter(isFileVariable);
  const ofAlerts = config.alerts.flatMap(({ secretFiles }) => secretFiles);
  const secretFiles = absolute([
    tls.key,
    ...ofAlerts,
    ...named.map((variable) => environment[variable]),
  ]);
  return files
    .filter((path) => !publicFiles.includes(path))
    .map((path) => fileFacts(path, secretFiles.includes(path) || plainSecrets.length > 0));
}

type AskedDatabases = Pick<Circumstances, 'database' | 'replica'>;

const notAsked: AskedDatabases = { database: null, replica: null };

async function askDatabases({ config }: LoadedConfig): Promise<AskedDatabases> {
  const { postgres } = config.storage;
  const { connection, read_connection: replica } = postgres;
  const { connection_timeout_seconds: connectionTimeoutSeconds } = postgres;
  if (connection === null) return notAsked;
  const facts = await import('../storage/postgres/schema/facts.ts');
  const digests = configuredKeys(config.server).map(({ digest }) => digest.toString('hex'));
  const options = { connection, connectionTimeoutSeconds };
  return {
    database: await factsOrReason(facts.readDatabaseFacts(options, digests)),
    replica:
      replica === null
        ? null
        : await factsOrReason(
            facts.readReplicaFacts(options, { connection: replica, connectionTimeoutSeconds }),
          ),
  };
}

/** A text: why there are no facts. */
function factsOrReason<Facts>(asked: Promise<Facts>): Promise<Facts | string> {
  return asked.catch((error) => {
    if (error instanceof RacewayError) return error.message;
    throw error;
  });
}
