const names = [
  ...['bg', 'panel', 'sunk', 'line', 'line2', 'text', 'muted', 'faint', 'accent', 'accent-bg'],
  ...['crit', 'crit-bg', 'warn', 'lock', 'path', 's0', 's1', 's2', 's3', 's4', 's5', 's6', 's7'],
  ...['s8', 's9', 's10', 's11'],
] as const;

export type ColourName = (typeof names)[number];

/** The colours of the theme as a canvas takes them. */
export type Colours = Readonly<Record<ColourName, string>>;

/** Reads the colours that are in effect now. */
export function readColours(element: Element): Colours {
  const probe = document.createElement('span');
  element.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours) as Colours;
}

/** The colour of a service. */
export function hueColour(colours: Colours, hue: number): string {
  return colours[`s${hue}` as ColourName] ?? colours.s7;
}
