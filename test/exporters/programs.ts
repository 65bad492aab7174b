import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The exporters under test, pinned; they are installed into a folder of their own, and kept there. */
const nodePackages = {
  '@grpc/grpc-js': '1.14.7',
  '@opentelemetry/api': '1.9.1',
  '@opentelemetry/context-async-hooks': '2.12.1',
  '@opentelemetry/exporter-trace-otlp-grpc': '0.223.1',
  '@opentelemetry/exporter-trace-otlp-http': '0.223.1',
  '@opentelemetry/exporter-trace-otlp-proto': '0.223.1',
  '@opentelemetry/resources': '2.12.1',
  '@opentelemetry/sdk-trace-base': '2.12.1',
};
const pythonPackages = [
  'opentelemetry-distro==0.66b2',
  'opentelemetry-exporter-otlp==1.45.2',
  'opentelemetry-sdk==1.45.2',
];

/** Where the exporters and the programs that use them lie. */
export const exporterFolder = join(tmpdir(), `raceway-exporters-${process.getuid?.() ?? 0}`);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Which exporter sends, and how. */
export interface ExporterKind {
  readonly name: string;
  readonly language: 'node' | 'python';
  readonly protocol: 'protobuf' | 'json' | 'grpc' | 'distro';
}

/** What is to be sent, and where. */
export interface ExportOrder {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  readonly key: string;
  readonly batches: number;
  readonly size: number;
  readonly pauseMs?: number;
  /** Is called with each batch of which the exporter was told. */
  readonly told?: (batch: SentBatch) => void;
}

/** A batch, and what its exporter was told of it. */
export interface SentBatch {
  readonly ids: readonly string[];
  readonly ok: boolean;
}

/** Installs what is not there yet. */
export function installExporters(): void {
  mkdirSync(exporterFolder, { recursive: true });
  const settings = { private: true, type: 'module', dependencies: nodePackages };
  writeFileSync(join(exporterFolder, 'package.json'), JSON.stringify(settings));
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', install, { cwd: exporterFolder, stdio: 'inherit' });
  const pip = join(exporterFolder, 'venv/bin/pip');
  if (!existsSync(pip)) {
    execFileSync('python3', ['-m', 'venv', join(exporterFolder, 'venv')], { stdio: 'inherit' });
  }
  execFileSync(pip, ['install', '--quiet', ...pythonPackages], { stdio: 'inherit' });
  for (const file of ['node-exporter.mjs', 'python-exporter.py']) {
    copyFileSync(join(here, file), join(exporterFolder, file));
  }
}

/** Runs an exporter to its end. */
export async function runExporter(kind: ExporterKind, order: ExportOrder): Promise<SentBatch[]> {
  const { language, protocol } = kind;
  const url = protocol === 'grpc' || protocol === 'distro' ? order.grpcUrl : order.httpUrl;
  const numbers = [order.batches, order.size, order.pauseMs ?? 0].map(String);
  const words = [protocol, url, order.key, ...numbers];
  const [program, ...args] =
    language === 'node'
      ? [process.execPath, 'node-exporter.mjs', ...words]
      : protocol === 'distro'
        ? ['venv/bin/opentelemetry-instrument', 'venv/bin/python', 'python-exporter.py', ...words]
        : ['venv/bin/python', 'python-exporter.py', ...words];
  const child = spawn(program, args, {
    cwd: exporterFolder,
    env: {
      PATH: process.env['PATH'],
      // What a user of the distribution sets; the protocol is its own default.
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${order.key}`,
      OTEL_SERVICE_NAME: 'exported',
      // Seconds here, and milliseconds: an exporter gives a slow machine the time that it needs.
      OTEL_EXPORTER_OTLP_TIMEOUT: '120',
      OTEL_BSP_EXPORT_TIMEOUT: '120000',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints = text(child.stderr);
  const batches: SentBatch[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith('{')) continue;
    const batch = JSON.parse(line) as SentBatch;
    batches.push(batch);
    order.told?.(batch);
  }
  if (batches.length === 0) throw new Error(`${kind.name} has sent nothing: ${await complaints}`);
  return batches;
}
