import type { Command } from '../context.ts';
import { readData } from '../server-data.ts';
import { countCell, objectsOf, textOf } from './cells.ts';
import { clientOptions, clientSettings } from './client-settings.ts';
import { printListing } from './listing.ts';

/** `raceway services` */
export const servicesCommand: Command = {
  name: 'services',
  summary: 'list the services that have sent something',
  description: 'Prints the services of a running server with their numbers of events and traces.',
  options: clientOptions,
  async run(values, context) {
    const settings = clientSettings(values, context);
    const data = await readData(settings.server, '/api/services');
    const services = objectsOf(data['services']);
    const listing = {
      columns: [
        { name: 'service', title: 'service', mayShrink: true },
        { name: 'event_count', title: 'events', isNumber: true },
        { name: 'trace_count', title: 'traces', isNumber: true },
      ],
      rows: services.map((service) => [
        { text: textOf(service['name']) },
        countCell(service['event_count']),
        countCell(service['trace_count']),
      ]),
      data,
      notes: services.length === 0 ? ['no service has sent anything yet'] : [],
    };
    printListing(listing, settings, context);
    return 0;
  },
};
