/** What the screen needs of a terminal. */
export interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** Size of a terminal that does not say. */
const COLUMNS = 80;
const ROWS = 24;

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
/** Terminals that know it show what is between these at once; others ignore it. */
const HOLD = '\x1b[?2026h';
const RELEASE = '\x1b[?2026l';

/** A terminal's alternate screen, redrawn as a whole; what was on the terminal before is there again when it is closed. */
export class Screen {
  readonly #stream: TerminalStream;
  readonly #draw: (columns: number, rows: number) => readonly string[];
  readonly #redraw = (): void => this.redraw();
  #isOpen = false;

  /** @param draw the lines to show for a size; not more than `rows`, none longer than `columns` */
  constructor(stream: TerminalStream, draw: (columns: number, rows: number) => readonly string[]) {
    this.#stream = stream;
    this.#draw = draw;
  }

  /** Takes the terminal over, and draws again whenever its size changes. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#stream.write(ENTER);
    this.#stream.on('resize', this.#redraw);
  }

  /** Draws; does nothing unless it is open. */
  redraw(): void {
    if (!this.#isOpen) return;
    const lines = this.#draw(this.#stream.columns ?? COLUMNS, this.#stream.rows ?? ROWS);
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n');
    this.#stream.write(`${HOLD}${HOME}${text}${CLEAR_BELOW}${RELEASE}`);
  }

  /** Gives the terminal back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stream.off('resize', this.#redraw);
    this.#stream.write(LEAVE);
  }
}
