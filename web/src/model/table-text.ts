/** Rows of a table as texts; the first holds the names of the columns. */
export type TextRows = readonly (readonly string[])[];

/**
 * A table for a spreadsheet. A cell that a spreadsheet would take for a formula begins with an
 * apostrophe: what stands in it came from a client.
 */
export function csvOf(rows: TextRows): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table for a ticket. */
export function markdownOf(rows: TextRows): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + body.map(line).join('');
}

function markdownCell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|`<>[\]*_]/g, (mark) => `\\${mark}`);
}

/** The same as objects, columns in order, with where they are from; the values are what the page shows. */
export function jsonOf(
  rows: TextRows,
  origin: { readonly url: string; readonly version: string },
): string {
  const [head = [], ...body] = rows;
  const objects = body.map((row) =>
    Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])),
  );
  return `${JSON.stringify({ ...origin, rows: objects }, null, 2)}\n`;
}
