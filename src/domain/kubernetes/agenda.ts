/** Numbers by the second in which they are to be looked at. */
export class Agenda {
  readonly #bySecond = new Map<number, number[]>();

  /** A number may be there several times. */
  add(second: number, item: number): void {
    const items = this.#bySecond.get(second);
    if (items === undefined) this.#bySecond.set(second, [item]);
    else items.push(item);
  }

  /** Takes out what is to be looked at by now. The clock may have been set. */
  due(now: number, look: (item: number) => void): void {
    for (const [second, items] of this.#bySecond) {
      if (second > now) continue;
      this.#bySecond.delete(second);
      for (const item of items) look(item);
    }
  }
}
