import { testAlert } from '../alerts/alert.ts';
import { sendAlerts } from '../alerts/alerter.ts';
import { DeliveryFault } from '../alerts/transport/delivery-fault.ts';
import { nearest } from '../config/spelling.ts';
import { packageVersion } from '../version.ts';
import type { Command } from './context.ts';
import { loadFor } from './load.ts';

/** `raceway alert test NAME` */
export const alertCommand: Command = {
  name: 'alert',
  summary: 'try a receiver of alerts',
  description:
    '`raceway alert test NAME` sends a message to the receiver of that name in [[alerts]], from here and\n' +
    'by the same rules as the server, and says whether it was taken; exit code 1 if not. A message to\n' +
    'GitHub makes an issue. docs/alerts.md has the set-up.',
  options: ['config'],
  operand: { name: 'test NAME', countMax: 2 },
  async run(values, context, [action, name]) {
    if (action !== 'test' || name === undefined) {
      context.tell('raceway: write raceway alert test NAME');
      return 2;
    }
    const { config } = loadFor(values, context);
    const receiver = config.alerts.find((one) => one.name === name);
    if (receiver === undefined) {
      context.tell(`raceway: ${unknownReceiver(name, config.alerts)}`);
      return 1;
    }
    const publicUrl = config.server.public_url ?? null;
    const settings = {
      privateHosts: config.alerting.private_hosts,
      publicUrl,
      version: packageVersion(),
    };
    const alert = testAlert(Date.now(), publicUrl);
    try {
      await sendAlerts(settings, receiver, [alert], new AbortController().signal);
    } catch (error) {
      if (!(error instanceof DeliveryFault)) throw error;
      context.tell(`raceway: the receiver ${name} ${error.message}`);
      return 1;
    }
    context.print(`The receiver ${name} (${receiver.type}) took the message.`);
    return 0;
  },
};

function unknownReceiver(name: string, receivers: readonly { readonly name: string }[]): string {
  const shown = JSON.stringify(name.slice(0, 48));
  const names = receivers.map((one) => one.name);
  if (names.length === 0)
    return `there is no receiver ${shown}: the configuration has no [[alerts]]`;
  const likely = nearest(name, names);
  const hint = likely === null ? `known are ${names.join(', ')}` : `did you mean ${likely}?`;
  return `there is no receiver ${shown} in [[alerts]]; ${hint}`;
}
