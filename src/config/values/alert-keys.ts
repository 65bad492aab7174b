import { alertSchema } from './alert.ts';
import { list, table, tables } from './key.ts';
import { privateHostFault } from './network-address.ts';

/** Who is told of what. */
export const alerts = tables(
  alertSchema,
  {
    expects: 'tables, each [[alerts]] with name, type, and what the type needs',
    unset: 'nobody is told',
    example: '[{ name = "hook", type = "webhook", url = "https://hooks.company.com/raceway" }]',
  },
  'Who is told of new and returning races, of better evidence, and of conditions of the server. Write a table `[[alerts]]` for each; `raceway alert test NAME` tries it. See docs/alerts.md.',
);

/** What holds for all who are told. */
export const alerting = table({
  private_hosts: list(
    {
      byDefault: [],
      fault: privateHostFault,
      expects: 'a list of names or addresses such as ["alertmanager.internal"]',
    },
    'Hosts of `[[alerts]]` that may lead to private addresses; all others are refused there, whatever their names lead to. Link-local addresses, such as those of the metadata of clouds, are refused in any case.',
  ),
});
