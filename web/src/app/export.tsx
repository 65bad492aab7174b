import { csvOf, jsonOf, markdownOf, type TextRows } from '../model/table-text.ts';
import { svgOfCanvas } from '../ui/canvas.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { type ExportedRows, offeredRows } from '../ui/list/exports.ts';
import { session } from './session.ts';

/** How long a file may take to be saved. */
const urlMs = 60_000;
/** Pictures are twice as large as on the page. */
const pixelRatio = 2;
/** What a picture needs from the page's style, besides the shapes themselves. */
const styled = [
  ...['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-family', 'font-size'],
  ...['font-weight', 'text-anchor', 'text-decoration', 'color'],
];

/** Takes what the page shows elsewhere: its tables as text, its pictures as files. */
export function ExportDialog({ onClose }: { onClose: () => void }) {
  const tables: readonly ExportedRows[] = [
    ...offeredRows(),
    ...[...document.querySelectorAll<HTMLTableElement>('#main table:not([data-exported])')].map(
      (table, at) => ({ title: titleOf(table, `Table ${at + 1}`), rows: () => rowsOf(table) }),
    ),
  ];
  const pictures = [...document.querySelectorAll<SVGSVGElement>('#main svg[role="img"]')].filter(
    ({ classList }) => !classList.contains('mini'),
  );
  const canvases = [...document.querySelectorAll<HTMLCanvasElement>('#main canvas')].filter(
    ({ height }) => height > 60,
  );
  const name = `raceway-${location.pathname.split('/').filter(Boolean).join('-') || 'overview'}`;
  return (
    <Dialog class="export" label="Export" onClose={onClose}>
      <h2>Export what this page shows</h2>
      {tables.length + pictures.length + canvases.length === 0 && (
        <p class="muted">There is no table and no picture on this page.</p>
      )}
      {tables.map(({ title, rows }, at) => (
        <p key={`${at} ${title}`}>
          <b>{title}</b>{' '}
          <button type="button" onClick={() => save(`${name}.csv`, 'text/csv', csvOf(rows()))}>
            CSV
          </button>{' '}
          <button
            type="button"
            onClick={() => save(`${name}.json`, 'application/json', jsonOf(rows(), origin()))}
          >
            JSON
          </button>{' '}
          <button
            type="button"
            onClick={() => save(`${name}.md`, 'text/markdown', markdownOf(rows()))}
          >
            Markdown
          </button>{' '}
          <button
            type="button"
            onClick={() => void navigator.clipboard?.writeText(markdownOf(rows()))}
          >
            Copy as text
          </button>
        </p>
      ))}
      {pictures.map((picture, at) => {
        const title = titleOf(picture, `Picture ${at + 1}`);
        return (
          <p key={title}>
            <b>{title}</b>{' '}
            <button
              type="button"
              onClick={() => save(`${name}.svg`, 'image/svg+xml', svgText(picture))}
            >
              SVG
            </button>{' '}
            <button type="button" onClick={() => void savePng(`${name}.png`, picture)}>
              PNG
            </button>
          </p>
        );
      })}
      {canvases.map((canvas, at) => {
        const title = titleOf(canvas, `Drawing ${at + 1}`);
        return (
          <p key={title}>
            <b>{title}</b>{' '}
            <button type="button" onClick={() => saveCanvasSvg(`${name}.svg`, canvas)}>
              SVG
            </button>{' '}
            <button type="button" onClick={() => saveCanvas(`${name}.png`, canvas)}>
              PNG
            </button>
          </p>
        );
      })}
    </Dialog>
  );
}

function titleOf(element: Element, otherwise: string): string {
  const card = element.closest('.card')?.querySelector('header h2')?.textContent;
  return card ?? document.querySelector('h1')?.textContent ?? otherwise;
}

function rowsOf(table: HTMLTableElement): TextRows {
  return [...table.rows].map((row) =>
    [...row.cells].map(({ textContent }) => textContent.replaceAll(/\s+/g, ' ').trim()),
  );
}

/** The picture with the colours that it has now, so that it needs no page around it. */
function svgText(picture: SVGSVGElement): string {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const originals = [picture, ...picture.querySelectorAll('*')];
  [copy, ...copy.querySelectorAll('*')].forEach((element, at) => {
    const original = originals[at];
    if (original === undefined) return;
    const style = getComputedStyle(original);
    for (const property of styled) {
      element.setAttribute(property, style.getPropertyValue(property));
    }
    element.removeAttribute('class');
    element.removeAttribute('style');
  });
  const { width, height } = picture.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(Math.round(width)));
  copy.setAttribute('height', String(Math.round(height)));
  return new XMLSerializer().serializeToString(copy);
}

async function savePng(file: string, picture: SVGSVGElement): Promise<void> {
  const { width, height } = picture.getBoundingClientRect();
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svgText(picture)], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * pixelRatio;
    canvas.height = height * pixelRatio;
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => saveBlob(file, blob));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A drawing as it is, on the colour of the page: alone it would lie on that of whoever shows it. */
function saveCanvas(file: string, drawn: HTMLCanvasElement): void {
  const canvas = document.createElement('canvas');
  canvas.width = drawn.width;
  canvas.height = drawn.height;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawn, 0, 0);
  canvas.toBlob((blob) => saveBlob(file, blob));
}

function saveCanvasSvg(file: string, drawn: HTMLCanvasElement): void {
  const text = svgOfCanvas(drawn);
  if (text !== null) save(file, 'image/svg+xml', text);
}

/** Where exported data is from. */
function origin() {
  return { url: location.href, version: session.value?.version ?? '' };
}

function save(file: string, type: string, text: string): void {
  saveBlob(file, new Blob([text], { type: `${type};charset=utf-8` }));
}

function saveBlob(file: string, blob: Blob | null): void {
  if (blob === null) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  // The browser takes it in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), urlMs);
}
