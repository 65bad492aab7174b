import type { Value } from '../support/simulated-services.ts';
import { add, type History, number, wait } from './history.ts';

/** Services that lose something, sell what is not there, or do things twice. */
export const wrongHistories: readonly History[] = [
  {
    name: 'a counter without a lock',
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(20, 1, 'POST /add', (one) => add(one, 'shop.count', world));
    },
  },
  {
    name: 'a lock that is given up between the read and the write',
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(20, 1, 'POST /add', function* (one) {
        yield* one.lock('counter');
        const value = number(one.read('shop.count'));
        one.unlock('counter');
        yield wait(world);
        yield* one.lock('counter');
        one.write('shop.count', value + 1, value);
        one.unlock('counter');
      });
    },
  },
  {
    name: 'two routes with a lock of their own each',
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      for (const route of ['charge', 'refund']) {
        shop.requests(12, 2, `POST /${route}`, function* (one) {
          yield* one.lock(`${route} lock`);
          yield* add(one, 'shop.count', world);
          one.unlock(`${route} lock`);
        });
      }
    },
  },
  {
    name: 'the last pieces, sold by who saw them',
    told: ['stock.* check_then_act E2'],
    play(world, sdk) {
      const shop = world.service({ sdk, store: new Map<string, Value>([['stock.7', 8]]) });
      shop.requests(16, 0.5, 'POST /buy', function* (one) {
        const left = number(one.read('stock.7'));
        if (left <= 0) return;
        yield wait(world);
        const now = number(shop.store.get('stock.7') ?? 0);
        one.write('stock.7', now - 1, now);
      });
    },
  },
  {
    name: 'an order that is sent twice at once',
    told: ['orders.* double_submit E2'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(12, 1, 'POST /order', function* (one, place) {
        const name = `orders.${100 + Math.floor(place / 2)}`;
        if (one.read(name) === true) return;
        yield 4 + wait(world);
        one.write(name, true, null);
      });
    },
  },
  {
    name: 'a name that two people take',
    told: ['db:users[name=*].owner check_then_insert E2'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(12, 1, 'POST /register', function* (one, place) {
        const name = `db:users[name=n${Math.floor(place / 2)}].owner`;
        if (one.read(name) !== null) return;
        yield 4 + wait(world);
        one.write(name, `user ${place}`, null);
      });
    },
  },
  {
    name: 'two processes over one row',
    told: ['wallet.*.balance lost_update E3'],
    play(world, sdk) {
      const store = new Map<string, Value>([['wallet.3.balance', 100]]);
      for (const instance of ['vm-1', 'vm-2']) {
        const shop = world.service({ sdk, instance, store });
        shop.requests(14, 12, 'POST /topup/3', (one) => add(one, 'wallet.3.balance', world));
      }
    },
  },
  {
    name: 'a batch job that writes back what it read long ago',
    told: ['rows.*.score lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.request(0, 'POST /batch', function* (one) {
        const known = Array.from({ length: 30 }, (_, row) => number(one.read(`rows.${row}.score`)));
        yield 40;
        for (const [row, value] of known.entries()) {
          one.write(`rows.${row}.score`, value * 2 + 1, value);
          yield 0.5;
        }
      });
      shop.requests(12, 3, 'POST /rows/{n}', (one, place) =>
        add(one, `rows.${place}.score`, world),
      );
    },
  },
  {
    name: 'a job after the response',
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(14, 1, 'POST /job', function* (one) {
        one.answer(202);
        yield 3;
        yield* add(one, 'shop.count', world);
      });
    },
  },
  {
    name: 'branches inside one request',
    sdks: ['python', 'go'],
    told: ['own.sum lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(5, 40, 'POST /fan', function* (one) {
        yield* one.all([1, 2, 3].map(() => one.call('add', add(one, 'own.sum', world))));
      });
    },
  },
  {
    name: 'two doctors who both go home',
    told: ['db:oncall.alice write_skew E4', 'db:oncall.bob write_skew E4'],
    play(world, sdk) {
      const ward = world.service({ sdk });
      for (const [me, other] of [
        ['alice', 'bob'],
        ['bob', 'alice'],
      ] as const) {
        ward.request(me === 'alice' ? 0 : 0.5, `POST /leave/${me}`, function* (one) {
          one.read(`db:oncall.${me}`);
          const isThere = one.read(`db:oncall.${other}`, 11);
          yield 8;
          if (isThere !== 'home') one.write(`db:oncall.${me}`, 'home');
        });
      }
      for (const name of ['alice', 'bob']) ward.store.set(`db:oncall.${name}`, 'there');
    },
  },
  {
    name: 'a retry while the first call is still at it',
    told: ['payments.* double_submit E2'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      for (let payment = 0; payment < 6; payment += 1) {
        for (const afterMs of [payment * 40, payment * 40 + 10]) {
          shop.request(afterMs, 'POST /pay', function* (one) {
            const name = `payments.${payment}`;
            if (one.read(name) === 'paid') return;
            yield 20;
            one.write(name, 'paid', null);
          });
        }
      }
    },
  },
  {
    name: 'production and staging, both wrong, not with each other',
    told: ['db:shop.count lost_update E3', 'db:shop.count lost_update E3'],
    play(world, sdk) {
      for (const environment of ['production', 'staging']) {
        const shop = world.service({ sdk, environment });
        shop.requests(12, 1, 'POST /add', (one) => add(one, 'db:shop.count', world));
      }
    },
  },
  {
    name: 'a storm on one row without a lock',
    sdks: ['go'],
    told: ['db:hot.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(200, 0.1, 'POST /add', (one) => add(one, 'db:hot.count', world));
    },
  },
  {
    name: 'a lock for reading that is changed for one for writing',
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(16, 1, 'POST /add', function* (one) {
        yield* one.lock('counter', 'RWLockRead');
        const value = number(one.read('shop.count'));
        yield 1;
        one.unlock('counter', 'RWLockRead');
        yield* one.lock('counter', 'RWLockWrite');
        one.write('shop.count', value + 1, value);
        one.unlock('counter', 'RWLockWrite');
      });
    },
  },
  {
    name: 'a lease that runs out',
    told: ['db:shop.count lost_update E3'],
    play(world, sdk) {
      const common = { sdk, store: new Map(), locks: new Map() };
      for (const instance of ['vm-1', 'vm-2']) {
        world.service({ ...common, instance }).requests(10, 1, 'POST /add', function* (one) {
          yield* one.lock('lock:counter', 'RedisLock');
          world.after(2, () => one.expire('lock:counter'));
          const value = number(one.read('db:shop.count'));
          yield wait(world);
          one.write('db:shop.count', value + 1, value);
        });
      }
    },
  },
  {
    name: 'a check, and an act in one step',
    told: ['stock.* check_then_act E2'],
    play(world, sdk) {
      const shop = world.service({ sdk, store: new Map<string, Value>([['stock.7', 8]]) });
      shop.requests(16, 0.5, 'POST /buy', function* (one) {
        if (number(one.read('stock.7')) <= 0) return;
        yield wait(world);
        one.update('stock.7', (value) => number(value) - 1);
      });
    },
  },
  {
    name: 'a check, and an act on what is read anew for it',
    told: ['stock.* check_then_act E2'],
    sdks: ['typescript', 'go', 'python'],
    play(world, sdk) {
      const shop = world.service({ sdk, store: new Map<string, Value>([['stock.7', 8]]) });
      shop.requests(16, 0.5, 'POST /buy', function* (one) {
        if (number(one.read('stock.7')) <= 0) return;
        yield wait(world);
        const now = number(one.read('stock.7', 11));
        one.write('stock.7', now - 1, now);
      });
    },
  },
  {
    name: 'updates that are too fast for the clock',
    sdks: ['typescript'],
    told: ['shop.count lost_update E3'],
    play(world, sdk) {
      const shop = world.service({ sdk });
      shop.requests(40, 0.1, 'POST /add', function* (one) {
        const value = number(one.read('shop.count'));
        yield 0.2;
        one.write('shop.count', value + 1, value);
      });
    },
  },
];
