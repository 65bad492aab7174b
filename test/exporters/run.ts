/**
 * Runs the tests of this folder, which install the exporters of OpenTelemetry for Node and Python: `npm
 * run test:exporters`. It needs Python 3 with venv.
 */
import { installExporters } from './programs.ts';

installExporters();
await import('./marks.test.ts');
await import('./run-command.test.ts');
await import('./exporters.test.ts');
