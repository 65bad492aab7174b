interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through points without corners, as the path of a picture. */
export function smoothLine(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  const inner = rest.slice(0, -1).map((point, at) => {
    const next = rest[at + 1] ?? last;
    const end =
      at === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${inner.length === 0 ? `L${last.x} ${last.y}` : inner.join('')}`;
}
