/** Whether Postgres could hold a text: what it cannot hold, it does not have. */
export function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
