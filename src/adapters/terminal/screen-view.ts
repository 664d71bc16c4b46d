import { dashboard } from './dashboard.js';
import { Screen, type TerminalStream } from './screen.js';
import type { Snapshot, View } from './view.js';

/** The view for a terminal: a screen that is drawn again each time. */
export class ScreenView implements View {
  readonly #screen: Screen;
  #snapshot: Snapshot | undefined;

  constructor(stream: TerminalStream, colours: boolean) {
    this.#screen = new Screen(stream, (columns, rows) =>
      this.#snapshot === undefined ? [] : dashboard(this.#snapshot, columns, rows, colours),
    );
  }

  show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#screen.open();
    this.#screen.redraw();
  }

  close(): void {
    this.#screen.close();
  }
}
