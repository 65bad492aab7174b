import type { Pen } from './pen.ts';

/** What `save` keeps and `restore` brings back. */
interface PenState {
  readonly fillStyle: Pen['fillStyle'];
  readonly strokeStyle: Pen['strokeStyle'];
  readonly lineWidth: number;
  readonly globalAlpha: number;
  readonly font: string;
  readonly textAlign: CanvasTextAlign;
  readonly textBaseline: CanvasTextBaseline;
  readonly clipId: number;
}

const anchors: Readonly<Record<string, string>> = { right: 'end', end: 'end', center: 'middle' };

/**
 * Writes what is drawn as an SVG, which stays sharp at every size. It knows what drawings of traces use: whole
 * circles, straight lines, and rectangles to draw within.
 */
export class SvgPen implements Pen {
  fillStyle: Pen['fillStyle'] = '#000';
  strokeStyle: Pen['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  readonly measureText: Pen['measureText'];
  readonly #written: string[] = [];
  readonly #states: PenState[] = [];
  #path = '';
  /** The rectangle that was added last: what `clip` draws within. */
  #area = '';
  #clips = 0;
  #clipId = 0;

  /** @param measure how wide a text is in a type: that takes a real canvas */
  constructor(measure: (type: string, text: string) => TextMetrics) {
    this.measureText = (text) => measure(this.font, text);
  }

  /** The whole picture, on a ground of one colour. */
  text(width: number, height: number, ground: string): string {
    const size = `width="${round(width)}" height="${round(height)}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${round(width)} ${round(height)}">`;
    const back = `<rect ${size} fill="${escaped(ground)}"/>`;
    return [open, back, ...this.#written, '</svg>'].join('\n');
  }

  beginPath(): void {
    this.#path = '';
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${round(x)} ${round(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `L${round(x)} ${round(y)}`;
  }

  arc(x: number, y: number, radius: number): void {
    const [left, right, r] = [round(x - radius), round(x + radius), round(radius)];
    const half = (to: number) => `A${r} ${r} 0 1 1 ${to} ${round(y)}`;
    this.#path += `M${left} ${round(y)}${half(right)}${half(left)}Z`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#area = boxOf(x, y, width, height);
  }

  clip(): void {
    this.#clips += 1;
    this.#clipId = this.#clips;
    this.#written.push(`<clipPath id="c${this.#clipId}"><rect ${this.#area}/></clipPath>`);
  }

  fill(): void {
    this.#write(`<path d="${this.#path}" ${this.#fill()}`);
  }

  stroke(): void {
    this.#write(`<path d="${this.#path}" ${this.#stroke()}`);
  }

  /** A picture begins empty. */
  clearRect(): void {}

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#write(`<rect ${boxOf(x, y, width, height)} ${this.#fill()}`);
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#write(`<rect ${boxOf(x, y, width, height)} ${this.#stroke()}`);
  }

  fillText(text: string, x: number, y: number): void {
    if (text === '') return;
    const [, size = '10', family = 'sans-serif'] = /^([\d.]+)px (.*)$/.exec(this.font) ?? [];
    const anchor = anchors[this.textAlign] ?? 'start';
    const line = this.textBaseline === 'middle' ? ' dominant-baseline="central"' : '';
    const type = `font-size="${size}" font-family="${escaped(family)}" text-anchor="${anchor}"${line}`;
    const place = `x="${round(x)}" y="${round(y)}"`;
    this.#write(`<text ${place} ${type} ${this.#fill()}`, `${escaped(text)}</text>`);
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this;
    const styles = { fillStyle, strokeStyle, lineWidth, globalAlpha };
    this.#states.push({ ...styles, font, textAlign, textBaseline, clipId: this.#clipId });
  }

  restore(): void {
    const state = this.#states.pop();
    if (state === undefined) return;
    const { clipId, ...styles } = state;
    Object.assign(this, styles);
    this.#clipId = clipId;
  }

  #fill(): string {
    return `fill="${escaped(String(this.fillStyle))}"`;
  }

  #stroke(): string {
    return `fill="none" stroke="${escaped(String(this.strokeStyle))}" stroke-width="${this.lineWidth}"`;
  }

  /** @param content what stands inside, with the end of the element; none: it is empty */
  #write(open: string, content: string | null = null): void {
    const alpha = this.globalAlpha === 1 ? '' : ` opacity="${this.globalAlpha}"`;
    const within = this.#clipId === 0 ? '' : ` clip-path="url(#c${this.#clipId})"`;
    this.#written.push(`${open}${alpha}${within}${content === null ? '/>' : `>${content}`}`);
  }
}

function boxOf(x: number, y: number, width: number, height: number): string {
  const size = `width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}"`;
  return `x="${round(x)}" y="${round(y)}" ${size}`;
}

/** A hundredth of a pixel is as much as anybody sees. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
