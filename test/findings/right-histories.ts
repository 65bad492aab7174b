import type { Value } from '../support/simulated-services.ts';
import { add, type History, number, wait } from './history.ts';

/** Services in which nothing goes wrong. */
export const rightHistories: readonly History[] = [
  {
    name: 'a counter under one lock',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(20, 1, 'POST /add', function* (one) {
        yield* one.lock('counter');
        yield* add(one, 'shop.count', world);
        one.unlock('counter');
      });
    },
  },
  {
    name: 'rows, each under a lock of its own',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(24, 1, 'POST /accounts/{n}', function* (one, place) {
        const row = place % 3;
        yield* one.lock(`account:${row}`);
        yield* add(one, `accounts.${row}.balance`, world);
        one.unlock(`account:${row}`);
      });
    },
  },
  {
    name: 'many readers, and a writer that shuts them out',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(16, 1, 'GET /price', function* (one) {
        yield* one.lock('price', 'RWLockRead');
        one.read('shop.price');
        yield wait(world);
        one.read('shop.price', 11);
        one.unlock('price', 'RWLockRead');
      });
      shop.requests(4, 4, 'PUT /price', function* (one, place) {
        yield* one.lock('price', 'RWLockWrite');
        one.write('shop.price', 100 + place);
        yield wait(world);
        one.write('shop.price', 200 + place, undefined, 21);
        one.unlock('price', 'RWLockWrite');
      });
    },
  },
  {
    name: 'two instances under a lock in Redis',
    told: [],
    play(world, sdk) {
      const common = { sdk, store: new Map(), locks: new Map() };
      for (const instance of ['vm-1', 'vm-2']) {
        world.service({ ...common, instance }).requests(10, 2, 'POST /add', function* (one) {
          yield* one.lock('lock:counter', 'RedisLock');
          yield* add(one, 'db:shop.count', world);
          one.unlock('lock:counter', 'RedisLock');
        });
      }
    },
  },
  {
    name: 'transfers between two rows, locked in the order of their names',
    told: [],
    play(world, sdk) {
      const bank = world.service({ sdk, name: 'bank' });
      bank.requests(20, 1, 'POST /transfer', function* (one, place) {
        const [from, to] = place % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
        yield* one.lock('row:a');
        yield* one.lock('row:b');
        for (const [row, change] of [
          [from, -1],
          [to, 1],
        ] as const) {
          const value = number(one.read(`bank.${row}`));
          yield wait(world);
          one.write(`bank.${row}`, value + change, value);
        }
        one.unlock('row:b');
        one.unlock('row:a');
      });
    },
  },
  {
    name: 'a read and a write in one tick of a process with one thread',
    sdks: ['typescript', 'python'],
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(40, 0.5, 'POST /hit', function* (one) {
        yield wait(world);
        const value = number(one.read('shop.hits'));
        one.write('shop.hits', value + 1, value);
        yield wait(world);
      });
    },
  },
  {
    name: 'requests one after the other',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      for (let place = 0; place < 12; place += 1) {
        shop.request(place * 12, 'POST /add', (one) => add(one, 'shop.count', world));
      }
    },
  },
  {
    name: 'a counter that is updated in one step',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(30, 0.5, 'POST /hit', function* (one) {
        yield wait(world);
        one.update('shop.hits', (value) => number(value) + 1);
        yield wait(world);
        one.update('shop.hits', (value) => number(value) + 1, 31);
      });
    },
  },
  {
    name: 'a sum of its own in each request',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(16, 2, 'GET /cart', function* (one, place) {
        one.own.set('own.cart.total', 0);
        for (let item = 0; item < 3; item += 1) {
          const value = number(one.read('own.cart.total'));
          yield wait(world);
          one.write('own.cart.total', value + 5 + place, value);
        }
      });
    },
  },
  {
    name: 'production and staging, each right by itself',
    told: [],
    play(world, sdk) {
      for (const environment of ['production', 'staging']) {
        const shop = world.service({ sdk, environment });
        shop.requests(12, 1, 'POST /add', function* (one) {
          yield* one.lock(`count in ${environment}`);
          yield* add(one, 'db:shop.count', world);
          one.unlock(`count in ${environment}`);
        });
      }
    },
  },
  {
    name: 'a queue with one consumer',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      let isFree = true;
      shop.requests(12, 3, 'POST /job/{n}', function* (one, place) {
        one.answer(202);
        while (!isFree) yield 1;
        isFree = false;
        yield* one.lock('queue');
        one.write(`jobs.${place}.state`, 'running', null);
        yield wait(world);
        one.write(`jobs.${place}.state`, 'done', 'running', 21);
        const value = number(one.read('jobs.done', 12));
        one.write('jobs.done', value + 1, value, 22);
        one.unlock('queue');
        isFree = true;
      });
    },
  },
  {
    name: 'a setting that is read by all and written before',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.request(0, 'PUT /setting', function* (one) {
        one.write('shop.setting', 'dark');
        yield 1;
      });
      world.after(20, () =>
        shop.requests(20, 1, 'GET /', function* (one) {
          one.read('shop.setting');
          yield wait(world);
          one.read('shop.setting', 11);
        }),
      );
    },
  },
  {
    name: 'the same name in two processes that have nothing in common',
    told: [],
    play(world, sdk) {
      for (const instance of ['vm-1', 'vm-2']) {
        const shop = world.service({ sdk, instance });
        shop.requests(12, 2, 'GET /hit', function* (one) {
          yield* one.lock('hits');
          yield* add(one, 'cache.hits', world);
          one.unlock('hits');
        });
      }
    },
  },
  {
    name: 'a chain of services, each under a lock',
    told: [],
    play(world, sdk) {
      const front = world.service({ sdk, name: 'front' });
      const stock = world.service({ sdk: 'go', name: 'stock' });
      front.requests(12, 2, 'POST /order', function* (one) {
        yield* one.ask(stock, 'POST /take', function* (other) {
          yield* other.lock('stock');
          yield* add(other, 'db:stock.count', world);
          other.unlock('stock');
        });
        yield* one.lock('orders');
        yield* add(one, 'front.orders', world);
        one.unlock('orders');
      });
    },
  },
  {
    name: 'versions that are checked before they are written, again and again until it fits',
    told: [],
    may: ['non_repeatable_read', 'read_write'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(12, 2, 'PUT /doc', function* (one) {
        for (;;) {
          const version = number(one.read('doc.7.version'));
          yield wait(world);
          if (number(shop.store.get('doc.7.version') ?? 0) !== version) continue;
          one.write('doc.7.version', version + 1, version);
          return;
        }
      });
    },
  },
  {
    name: 'what is made once, looked for without the lock first',
    told: [],
    may: ['non_repeatable_read', 'read_write'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(12, 1, 'GET /pool', function* (one) {
        if (one.read('shop.pool') !== null) return;
        yield* one.lock('pool');
        if (one.read('shop.pool', 11) === null) {
          yield wait(world);
          one.write('shop.pool', 'open', null);
        }
        one.unlock('pool');
      });
    },
  },
  {
    name: 'a job whose state others look at',
    told: [],
    may: ['dirty_read', 'non_repeatable_read', 'read_write'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.request(0, 'POST /job/1', function* (one) {
        one.answer(202);
        one.write('jobs.1.state', 'running', null);
        yield 20;
        one.write('jobs.1.state', 'done', 'running', 21);
      });
      shop.requests(10, 3, 'GET /job/1', function* (one) {
        one.read('jobs.1.state');
        yield 1;
      });
    },
  },
  {
    name: 'one name in two services, each under a lock of its own',
    told: [],
    play(world, sdk) {
      for (const name of ['shop', 'bank']) {
        const service = world.service({ sdk, name });
        service.requests(12, 2, 'POST /add', function* (one) {
          yield* one.lock('count');
          yield* add(one, 'total.count', world);
          one.unlock('count');
        });
      }
    },
  },
  {
    name: 'the last one to write wins',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(16, 0.5, 'PUT /theme', function* (one, place) {
        yield wait(world);
        one.write('db:theme', `theme ${place}`);
        yield wait(world);
      });
    },
  },
  {
    name: 'pieces that are taken in one step and given back when there were none',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk, store: new Map<string, Value>([['stock.7', 5]]) });
      shop.requests(16, 0.5, 'POST /buy', function* (one) {
        one.update('stock.7', (value) => number(value) - 1);
        yield wait(world);
        if (number(shop.store.get('stock.7') ?? 0) >= 0) return;
        one.update('stock.7', (value) => number(value) + 1, 31);
      });
    },
  },
  {
    name: 'requests that fail half way, under a lock',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(16, 1, 'POST /add', function* (one, place) {
        yield* one.lock('counter');
        const value = number(one.read('shop.count'));
        yield wait(world);
        if (place % 2 === 0) one.write('shop.count', value + 1, value);
        else one.answer(500);
        one.unlock('counter');
      });
    },
  },
  {
    name: 'functions inside functions, all under the lock of the outermost',
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(12, 1, 'POST /add', function* (one) {
        yield* one.lock('counter');
        yield* one.call('outer', one.call('inner', add(one, 'shop.count', world)));
        one.unlock('counter');
      });
    },
  },
  {
    name: 'a caller that holds the lock while the called service writes',
    told: [],
    play(world, sdk) {
      const locks = new Map();
      const stock = world.service({ sdk: 'go', name: 'stock' });
      for (const instance of ['vm-1', 'vm-2']) {
        const front = world.service({ sdk, name: 'front', instance, locks });
        front.requests(8, 3, 'POST /order', function* (one) {
          yield* one.lock('lock:stock', 'RedisLock');
          yield* one.ask(stock, 'POST /take', (other) => add(other, 'db:stock.count', world));
          one.unlock('lock:stock', 'RedisLock');
        });
      }
    },
  },
  {
    name: 'a storm on one row under a lock',
    sdks: ['typescript'],
    told: [],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(200, 0.1, 'POST /add', function* (one) {
        yield* one.lock('counter');
        yield* add(one, 'db:hot.count', world);
        one.unlock('counter');
      });
    },
  },
];
