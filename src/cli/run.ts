import { packageVersion } from '../version.ts';
import { alertCommand } from './alert.ts';
import { readArguments } from './arguments.ts';
import { audit } from './audit.ts';
import { check } from './check.ts';
import { compareCommand } from './client/compare-command.ts';
import { completionCommand } from './client/completion-command.ts';
import { demoCommand } from './client/demo-command.ts';
import { mcpCommand } from './client/mcp-command.ts';
import { openCommand } from './client/open-command.ts';
import { raceCommand } from './client/race-command.ts';
import { racesCommand } from './client/races-command.ts';
import { reproduceCommand } from './client/reproduce-command.ts';
import { servicesCommand } from './client/services-command.ts';
import { tailCommand } from './client/tail-command.ts';
import { traceCommand } from './client/trace-command.ts';
import { tracesCommand } from './client/traces-command.ts';
import { triageCommand } from './client/triage-command.ts';
import { variableCommand, variablesCommand } from './client/variable-commands.ts';
import type { Command, Context } from './context.ts';
import { doctor } from './doctor.ts';
import { operatorMessage } from './failure.ts';
import { gateCommand } from './gate/gate-command.ts';
import { runCommand } from './gate/run-command.ts';
import { healthcheck } from './healthcheck.ts';
import { commandHelp, generalHelp } from './help.ts';
import { keygen } from './keygen.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import { exportCommand } from './transfer/export.ts';
import { importCommand } from './transfer/import.ts';
import { upgradeCheck } from './upgrade-check.ts';

const commands: readonly Command[] = [
  serve,
  runCommand,
  gateCommand,
  demoCommand,
  racesCommand,
  raceCommand,
  reproduceCommand,
  triageCommand,
  tracesCommand,
  traceCommand,
  compareCommand,
  tailCommand,
  variablesCommand,
  variableCommand,
  servicesCommand,
  openCommand,
  mcpCommand,
  migrate,
  check,
  doctor,
  keygen,
  alertCommand,
  audit,
  exportCommand,
  importCommand,
  upgradeCheck,
  healthcheck,
  completionCommand(() => commands),
];

/**
 * Runs a command line and gives its exit code: 0 done, 1 the configuration or the world does not
 * allow it, 2 the command line is wrong, 3 there are findings. Throws what is a fault of the program.
 */
export async function run(args: readonly string[], context: Context): Promise<number> {
  if (context.platform === 'win32') {
    context.tell('raceway: Windows cannot stop a server without loss; run it under WSL');
    return 1;
  }
  const request = readArguments(args, commands);
  if (request.kind === 'wrong') {
    context.tell(`raceway: ${request.sentence} \`raceway --help\` lists commands and options.`);
    return 2;
  }
  if (request.kind === 'version') {
    context.print(packageVersion());
    return 0;
  }
  if (request.kind === 'help') {
    const { command } = request;
    context.print(command === null ? generalHelp(commands) : commandHelp(command));
    return 0;
  }
  try {
    return await request.command.run(request.values, context, request.operands);
  } catch (error) {
    const message = operatorMessage(error);
    if (message === null) throw error;
    context.tell(`raceway: ${message}`);
    return 1;
  }
}
