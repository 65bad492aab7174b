/** Numbers, durations and times as people read them: always with a unit, never relative alone. */

const counts = new Intl.NumberFormat('en');

/** `12,345` */
export function count(value: number): string {
  return counts.format(value);
}

/** `1 race`, `2 races` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Three digits are as many as anybody compares. */
export function duration(microseconds: number): string {
  const size = Math.abs(microseconds);
  if (size === 0) return '0';
  if (size < 999.5) return `${digits(microseconds)} µs`;
  if (size < 999_500) return `${digits(microseconds / 1000)} ms`;
  if (size < 120e6) return `${digits(microseconds / 1e6)} s`;
  if (size < 7200e6) return `${digits(microseconds / 60e6)} min`;
  return `${digits(microseconds / 3600e6)} h`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return counts.format(Math.round(value));
  return size >= 10 ? trimmed(value.toFixed(1)) : trimmed(value.toFixed(2));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `+1,500 µs`, `−500 µs`: where a step lies on one scale. */
export function offset(microseconds: number): string {
  if (microseconds === 0) return '0';
  return `${microseconds > 0 ? '+' : '−'}${counts.format(Math.abs(Math.round(microseconds)))} µs`;
}

/** `13:59:19`, with the day when it is another one than today. */
export function clock(text: string, zone: 'local' | 'utc', nowMs: number): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {};
  const day = new Intl.DateTimeFormat('sv', { dateStyle: 'short', ...timeZone });
  const time = new Intl.DateTimeFormat('sv', { timeStyle: 'medium', ...timeZone });
  const isToday = day.format(ms) === day.format(nowMs);
  return isToday ? time.format(ms) : `${day.format(ms)} ${time.format(ms)}`;
}

/** `13:59:19.970760`: as {@link clock}, with the fraction as far as microseconds. */
export function exactClock(text: string, zone: 'local' | 'utc', nowMs: number): string {
  const fraction = /\.(\d+)/.exec(text)?.[1]?.slice(0, 6) ?? '';
  const written = clock(text, zone, nowMs);
  return fraction === '' || written === text ? written : `${written}.${fraction}`;
}

/** The whole time with its zone, as a tooltip shows it. */
export function moment(text: string, zone: 'local' | 'utc'): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const options = {
    dateStyle: 'short',
    timeStyle: 'long',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  } as const;
  const written = new Intl.DateTimeFormat('sv', options).format(ms);
  return fraction === '' ? written : written.replace(/(:\d\d)(?= |$)/, `$1.${fraction}`);
}

/** `2.1 of 512 MiB` */
export function mebibytes(bytes: number): string {
  const size = bytes / 1024 / 1024;
  return size >= 100 ? counts.format(Math.round(size)) : trimmed(size.toFixed(1));
}
