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

/** The same as an array of objects, columns in order; the values are what the page shows. */
export function jsonOf(rows: TextRows): string {
  const [head = [], ...body] = rows;
  return `${JSON.stringify(
    body.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? '']))),
    null,
    2,
  )}\n`;
}
