import { RequestRecorder, type World } from './request-recorder.ts';
import type { Routine } from './simulation.ts';

/*
 * A small shop of three services. Each routine is the code of a route, with its faults: what it reads
 * and writes, and where it waits, is what a real one would. Which values come out follows from how the
 * routines meet.
 */

const ordinaryCallsCount = 120;
const customers = ['guest', 'member', 'wholesale'] as const;

/** Lets the requests of a busy quarter of a minute begin. */
export function openShop(world: World): void {
  const { simulation, store } = world;
  for (const [variable, value] of stock) store.set(variable, value);
  let seed = 1;
  for (let call = 0; call < ordinaryCallsCount; call += 1) {
    // The minimal standard generator of Park and Miller: the same shop each time.
    seed = (seed * 48_271) % 2_147_483_647;
    simulation.start(call * 60_000, browse(world, 1 + (seed % 40), 6000 + (seed % 4000)));
  }
  const afterUs = ordinaryCallsCount * 60_000;
  simulation.start(1_000_000, checkout(world, 25));
  simulation.start(1_000_500, refund(world, 40));
  simulation.start(2_000_000, order(world, 3));
  simulation.start(2_000_900, order(world, 3));
  simulation.start(3_000_000, spend(world, 'spring', 'summer', 60));
  simulation.start(3_000_700, spend(world, 'summer', 'spring', 60));
  simulation.start(4_000_000, pay(world, 9));
  simulation.start(4_001_500, receipt(world, 9));
  for (let count = 0; count < 4; count += 1) {
    simulation.start(5_000_000 + count * 700, transfer(world, 10 + count));
  }
  simulation.start(6_000_000, mail(world));
  simulation.start(6_500_000, purchase(world));
  simulation.start(afterUs, browse(world, 7, 640_000));
}

const stock: readonly (readonly [string, number | string])[] = [
  ['db:ledger.7.balance', 12_750],
  ['db:items.3.stock', 1],
  ['db:coupons.spring.budget', 50],
  ['db:coupons.summer.budget', 50],
  ['db:payments.9.status', 'open'],
  ['db:accounts.1.balance', 500],
  ['db:accounts.2.balance', 0],
];

/** An ordinary page; the last of them is slow. */
function* browse(world: World, product: number, tookUs: number): Routine {
  const request = new RequestRecorder(world, 'web');
  request.begin('GET', `/products/${product}`, {
    channel: product % 2 === 0 ? 'app' : 'shop',
    customer: customers[product % customers.length] as (typeof customers)[number],
  });
  yield { waitUs: tookUs };
  request.called('loadProduct', 'web/products.ts', 18, tookUs);
  yield { waitUs: 300 };
  request.end(200);
}

/** Takes the lock of the ledger, as all should. */
function* checkout(world: World, amount: number): Routine {
  const request = new RequestRecorder(world, 'ledger');
  request.begin('POST', '/checkout', { channel: 'shop', customer: 'member' });
  yield { acquire: 'ledger' };
  request.acquired('ledger', 'checkout.py:22');
  const balance = Number(request.read('db:ledger.7.balance', 'checkout.py:24'));
  yield { waitUs: 3700 };
  request.write('db:ledger.7.balance', balance, balance + amount, 'checkout.py:27');
  yield { waitUs: 300 };
  request.release('ledger', 'checkout.py:28');
  request.end(200);
}

/** A lost update: it forgets the lock, and its change is overwritten. */
function* refund(world: World, amount: number): Routine {
  const request = new RequestRecorder(world, 'ledger');
  request.begin('POST', '/refunds', { channel: 'backoffice' });
  yield { waitUs: 200 };
  const balance = Number(request.read('db:ledger.7.balance', 'refund.py:36'));
  yield { waitUs: 1500 };
  request.write('db:ledger.7.balance', balance, balance - amount, 'refund.py:39');
  yield { waitUs: 400 };
  request.end(200);
}

/** Sells what is not there: the check is one step, the sale another. */
function* order(world: World, item: number): Routine {
  const request = new RequestRecorder(world, 'stock');
  const variable = `db:items.${item}.stock`;
  request.begin('POST', '/orders', { channel: 'app', customer: 'wholesale' });
  yield { waitUs: 300 };
  if (Number(request.read(variable, 'orders.go:51')) < 1) {
    request.end(409);
    return;
  }
  yield { waitUs: 2400 };
  request.add(variable, -1, 'orders.go:58');
  yield { waitUs: 300 };
  request.end(201);
}

/** Write skew: each looks at both budgets and spends from one; together they spend too much. */
function* spend(world: World, from: string, other: string, amount: number): Routine {
  const request = new RequestRecorder(world, 'web');
  request.begin('POST', `/coupons/${from}`, { channel: 'shop', customer: 'member' });
  yield { waitUs: 200 };
  const budget = Number(request.read(`db:coupons.${from}.budget`, 'coupons.ts:31'));
  const rest = Number(request.read(`db:coupons.${other}.budget`, 'coupons.ts:32'));
  yield { waitUs: 2200 };
  if (budget + rest >= amount) {
    request.write(`db:coupons.${from}.budget`, budget, budget - amount, 'coupons.ts:34');
  }
  request.conclude('commit');
  yield { waitUs: 200 };
  request.end(200);
}

/** A payment that is taken back; what it wrote never was. */
function* pay(world: World, payment: number): Routine {
  const request = new RequestRecorder(world, 'ledger');
  const variable = `db:payments.${payment}.status`;
  request.begin('POST', `/payments/${payment}`, { channel: 'app', customer: 'guest' });
  yield { waitUs: 300 };
  const before = request.read(variable, 'payments.py:14');
  request.write(variable, before, 'paid', 'payments.py:17');
  yield { waitUs: 4000 };
  world.store.set(variable, before);
  request.conclude('abort');
  request.end(402);
}

/** A dirty read: it believes the payment. */
function* receipt(world: World, payment: number): Routine {
  const request = new RequestRecorder(world, 'web');
  request.begin('GET', `/receipts/${payment}`, { channel: 'app', customer: 'guest' });
  yield { waitUs: 400 };
  request.read(`db:payments.${payment}.status`, 'receipts.ts:9');
  yield { waitUs: 300 };
  request.conclude('commit');
  request.end(200);
}

/** The way it should be: one lock around both accounts, held from the read to the write. */
function* transfer(world: World, amount: number): Routine {
  const request = new RequestRecorder(world, 'ledger');
  request.begin('POST', '/transfers', { channel: 'backoffice' });
  yield { waitUs: 200 };
  yield { acquire: 'accounts' };
  request.acquired('accounts', 'transfer.py:8');
  const from = Number(request.read('db:accounts.1.balance', 'transfer.py:10'));
  const to = Number(request.read('db:accounts.2.balance', 'transfer.py:11'));
  yield { waitUs: 1500 };
  request.write('db:accounts.1.balance', from, from - amount, 'transfer.py:12');
  request.write('db:accounts.2.balance', to, to + amount, 'transfer.py:13');
  yield { waitUs: 200 };
  request.release('accounts', 'transfer.py:14');
  request.end(200);
}

function* mail(world: World): Routine {
  const request = new RequestRecorder(world, 'web');
  request.begin('POST', '/mails', { channel: 'backoffice' });
  yield { waitUs: 5000 };
  request.fail('SmtpError', 'the mail server hung up');
  request.end(500);
}

/** One request through all three services. */
function* purchase(world: World): Routine {
  const { simulation } = world;
  const request = new RequestRecorder(world, 'web');
  request.begin('POST', '/purchases', { channel: 'shop', customer: 'guest' });
  yield { waitUs: 800 };
  simulation.start(simulation.nowUs, reserve(world, request));
  yield { waitUs: 14_000 };
  request.called('renderConfirmation', 'web/purchases.ts', 40, 2000);
  request.end(201);
}

function* reserve(world: World, upstream: RequestRecorder): Routine {
  const { simulation } = world;
  const request = new RequestRecorder(world, 'stock', upstream);
  request.begin('POST', '/reservations');
  yield { waitUs: 1200 };
  request.add('db:items.8.stock', -1, 'reservations.go:20');
  simulation.start(simulation.nowUs + 300, charge(world, request));
  yield { waitUs: 8000 };
  request.end(201);
}

function* charge(world: World, upstream: RequestRecorder): Routine {
  const request = new RequestRecorder(world, 'ledger', upstream);
  request.begin('POST', '/charges');
  yield { waitUs: 5500 };
  request.add('db:ledger.8.balance', 30, 'charges.py:19');
  yield { waitUs: 300 };
  request.end(200);
}
