import { RequestRecorder, type World } from '../../src/demo/request-recorder.ts';
import { type Routine, Simulation } from '../../src/demo/simulation.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** What a small program does to a store that its requests share. */
type Story = (world: World) => void;

/** Programs for the patterns that no recording of the tests shows. */
export const stories: ReadonlyMap<string, Story> = new Map([
  ['invoice', invoice],
  ['profile', profile],
  ['dashboard', dashboard],
]);

/** The events of a story, as its service would send them. */
export function storyEvents(name: string, startMs: number): JsonObject[] {
  const tell = stories.get(name);
  if (tell === undefined) throw new Error(`no story is called ${name}`);
  const simulation = new Simulation();
  const events: JsonObject[] = [];
  tell({
    simulation,
    store: new Map(),
    startMs,
    newId: countedIds(),
    record: (event) => events.push(event),
  });
  simulation.run();
  return events;
}

/** The same ids each time: a page shows them. */
export function countedIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    // Spread over the first digits, which is what a page shows of an id.
    const digits = ((count * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0');
    return `${digits}-0000-4000-8000-${String(count).padStart(12, '0')}`;
  };
}

/** Prints the rate on the invoice, and charges by a rate that it looks up once more. */
function invoice(world: World): void {
  world.store.set('db:rates.eur.percent', 19);
  world.simulation.start(0, printInvoice(world));
  world.simulation.start(900, changeRate(world));
}

function* printInvoice(world: World): Routine {
  const request = new RequestRecorder(world, 'billing');
  request.begin('POST', '/invoices');
  yield { waitUs: 300 };
  request.read('db:rates.eur.percent', 'invoice.py:12');
  yield { waitUs: 2600 };
  request.read('db:rates.eur.percent', 'charge.py:40');
  request.conclude('commit');
  request.end(201);
}

function* changeRate(world: World): Routine {
  const request = new RequestRecorder(world, 'billing');
  request.begin('PUT', '/rates/eur');
  yield { waitUs: 700 };
  request.write('db:rates.eur.percent', 19, 16, 'rates.py:8');
  request.conclude('commit');
  request.end(204);
}

/** Two forms of one profile, each saved whole and without a look at what is there. */
function profile(world: World): void {
  world.store.set('db:profiles.7.name', 'Ann');
  world.simulation.start(0, saveProfile(world, 'Anna', 900));
  world.simulation.start(400, saveProfile(world, 'Annie', 900));
}

function* saveProfile(world: World, name: string, waitUs: number): Routine {
  const request = new RequestRecorder(world, 'accounts');
  request.begin('PUT', '/profiles/7');
  yield { waitUs };
  request.write('db:profiles.7.name', null, `${name} (draft)`, 'profile.ts:30');
  yield { waitUs };
  request.write('db:profiles.7.name', null, name, 'profile.ts:33');
  yield { waitUs: 200 };
  request.end(200);
}

/** A page that shows a total while a job writes it anew. */
function dashboard(world: World): void {
  world.store.set('db:totals.today.sum', 400);
  world.simulation.start(0, recount(world));
  world.simulation.start(300, showTotal(world));
}

function* recount(world: World): Routine {
  const request = new RequestRecorder(world, 'reports');
  request.begin('POST', '/recount');
  yield { waitUs: 500 };
  request.read('db:totals.today.sum', 'recount.go:21');
  yield { waitUs: 1800 };
  request.write('db:totals.today.sum', 400, 420, 'recount.go:29');
  yield { waitUs: 200 };
  request.end(200);
}

function* showTotal(world: World): Routine {
  const request = new RequestRecorder(world, 'reports');
  request.begin('GET', '/dashboard');
  yield { waitUs: 1200 };
  request.read('db:totals.today.sum', 'dashboard.go:14');
  yield { waitUs: 300 };
  request.end(200);
}
