import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { Context } from './context.ts';
import type { OptionValues } from './option.ts';

/** The configuration as a command line and the world around it make it. */
export function loadFor(values: OptionValues, context: Context): LoadedConfig {
  const { environment, cwd, memory } = context;
  const { config: file, host, port } = values;
  const otlp = {
    otlpHttpPort: values['otlp-http-port'],
    otlpGrpcPort: values['otlp-grpc-port'],
  };
  return loadConfig({ file, host, port, ...otlp, environment, cwd, memory });
}
