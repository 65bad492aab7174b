/** The few pictures of the pages, as strokes on a field of 24. */
const shapes = {
  overview: 'M5 20V12M12 20V4M19 20V9',
  races: 'M3 6h4c5 0 5 12 10 12h4M3 18h4c5 0 5-12 10-12h4',
  traces: 'M3 6h10M7 12h10M11 18h10',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4v6M9 14v6',
  live: 'M12 10a2 2 0 1 0 0 4a2 2 0 0 0 0-4M7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10M4 4a11 11 0 0 0 0 16M20 4a11 11 0 0 1 0 16',
  map: 'M6 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6M18 3a3 3 0 1 0 0 6a3 3 0 0 0 0-6M18 15a3 3 0 1 0 0 6a3 3 0 0 0 0-6M9 11l6-4M9 13l6 4',
  compare: 'M4 4h6v16H4zM14 4h6v16h-6z',
  variables: 'M5 5l14 14M19 5L5 19',
  latency: 'M2 15c5 0 4-9 8-9s3 12 7 12 3-5 5-5',
  menu: 'M4 6h16M4 12h16M4 18h16',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l5 5',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}

/** Two ways that cross. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path class="of-a" d="M2 6h5c5 0 5 12 10 12h5" />
      <path class="of-b" d="M2 18h5c5 0 5-12 10-12h5" />
    </svg>
  );
}
