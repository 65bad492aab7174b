import { Dialog } from '../ui/dialog.tsx';
import { places } from './places.ts';

const groups: readonly (readonly [title: string, rows: readonly (readonly [string, string])[]])[] =
  [
    [
      'Everywhere',
      [
        ['?', 'these keys'],
        ['/', 'search'],
        ['Ctrl K', 'search'],
        ...places.map(({ letter, name }) => [`g ${letter}`, `go to ${name}`] as const),
        ['[ ]', 'previous and next of the list you came from'],
        ['c', 'copy the link to what you see'],
        ['e', 'export tables and pictures'],
        ['t', 'light, dark, as the system'],
        ['Esc', 'close, or clear one step'],
      ],
    ],
    [
      'Lists',
      [
        ['j k', 'next and previous row'],
        ['Enter', 'open'],
        ['o', 'open in a window of its own'],
        ['v', 'what happened in a race'],
        ['f', 'to the filters'],
        ['x', 'tick a trace, to compare two'],
      ],
    ],
    ['Live', [['Space', 'pause, and go on']]],
    [
      'A race',
      [
        ['← →', 'step through it'],
        ['[ ]', 'previous and next witness'],
        ['s', 'even steps, or to scale'],
        ['a b', 'open request A or B'],
      ],
    ],
    [
      'A trace',
      [
        ['j k', 'next and previous row'],
        ['w s', 'zoom in and out'],
        ['a d', 'earlier and later'],
        ['W S A D', 'the same, faster'],
        ['0', 'all of it'],
        ['← →', 'fold, and open'],
        ['n N', 'next and previous race, or hit'],
        ['f', 'find in it'],
        ['p', 'critical path'],
        ['m', 'measure from here'],
        ['Enter', 'to the panel of the row'],
        ['1 … 7', 'waterfall, flame, tree, graph, events, threads, statistics'],
      ],
    ],
  ];

/** All keys, by where they work. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog class="help" label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <div class="columns">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, meaning]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="muted">Single letters can be switched off in Settings.</p>
    </Dialog>
  );
}
