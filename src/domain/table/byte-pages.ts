/** Bytes of a page; also the longest string. */
export const PAGE_BYTES = 0x10000;

const PAGE_BITS = 16;
const OFFSET_MASK = PAGE_BYTES - 1;
const NO_PAGE = -1;
const NO_CELL = 0xffff;

/** Empty pages kept for the next class that needs one; more are given back. */
const SPARE_PAGES = 16;

/** Sizes of cells: steps of 8 up to 64, then four steps to each doubling, so that at most a fifth of a cell is unused. */
const CELL_SIZES: readonly number[] = cellSizes();

/** Class of each length in steps of 8 bytes. */
const CLASS_OF = classTable();

/** One page: cells of one size, those never used from `fresh`, those freed in a list through their first two bytes. */
interface Page {
  bytes: Uint8Array;
  cellClass: number;
  live: number;
  fresh: number;
  free: number;
  /** Neighbours among the pages of the class that have room; NO_PAGE at the ends. */
  next: number;
  previous: number;
}

/**
 * Memory for byte strings: pages of 64 KiB, each cut into cells of one size. A page whose cells are all free serves any size again, so
 * what strings of one length leave behind is not lost to others.
 *
 * A string is named by its address: page × 65536 + offset.
 */
export class BytePages {
  readonly #pages: Page[] = [];
  /** First page with room of each class. */
  readonly #withRoom = new Int32Array(CELL_SIZES.length).fill(NO_PAGE);
  readonly #empty: number[] = [];
  /** Numbers of pages whose memory was given back. */
  readonly #absent: number[] = [];
  #held = 0;

  /** Bytes of all pages held. */
  get byteLength(): number {
    return this.#held * PAGE_BYTES;
  }

  /** Whether `length` bytes fit without another page. */
  hasRoomFor(length: number): boolean {
    return this.#withRoom[classOf(length)] !== NO_PAGE || this.#empty.length > 0;
  }

  /** A place for `length` bytes, 1 to 65536. */
  allocate(length: number): number {
    const cellClass = classOf(length);
    let number = this.#withRoom[cellClass]!;
    if (number === NO_PAGE) number = this.#open(cellClass);
    const page = this.#pages[number]!;
    const size = CELL_SIZES[cellClass]!;
    let offset = page.free;
    if (offset !== NO_CELL) {
      page.free = page.bytes[offset]! | (page.bytes[offset + 1]! << 8);
    } else {
      offset = page.fresh;
      page.fresh += size;
    }
    page.live++;
    if (page.free === NO_CELL && page.fresh + size > PAGE_BYTES) this.#unlink(number);
    return number * PAGE_BYTES + offset;
  }

  /** Gives a place back. */
  release(address: number): void {
    const number = address >>> PAGE_BITS;
    const offset = address & OFFSET_MASK;
    const page = this.#pages[number]!;
    const wasFull = page.free === NO_CELL && page.fresh + CELL_SIZES[page.cellClass]! > PAGE_BYTES;
    page.bytes[offset] = page.free & 0xff;
    page.bytes[offset + 1] = page.free >>> 8;
    page.free = offset;
    page.live--;
    if (wasFull) this.#link(number);
    if (page.live === 0) this.#vacate(number);
  }

  /** The page that has an address; valid until the place is given back. */
  page(address: number): Uint8Array {
    return this.#pages[address >>> PAGE_BITS]!.bytes;
  }

  /** Where in its page an address is. */
  static offset(address: number): number {
    return address & OFFSET_MASK;
  }

  #open(cellClass: number): number {
    let number = this.#empty.pop();
    if (number === undefined) {
      number = this.#absent.pop() ?? this.#pages.length;
      this.#pages[number] = newPage();
      this.#held++;
    }
    const page = this.#pages[number]!;
    page.cellClass = cellClass;
    page.fresh = 0;
    page.free = NO_CELL;
    this.#link(number);
    return number;
  }

  #vacate(number: number): void {
    this.#unlink(number);
    if (this.#empty.length < SPARE_PAGES) {
      this.#empty.push(number);
      return;
    }
    this.#pages[number]!.bytes = new Uint8Array(0);
    this.#absent.push(number);
    this.#held--;
  }

  #link(number: number): void {
    const page = this.#pages[number]!;
    const next = this.#withRoom[page.cellClass]!;
    page.next = next;
    page.previous = NO_PAGE;
    if (next !== NO_PAGE) this.#pages[next]!.previous = number;
    this.#withRoom[page.cellClass] = number;
  }

  #unlink(number: number): void {
    const { next, previous, cellClass } = this.#pages[number]!;
    if (next !== NO_PAGE) this.#pages[next]!.previous = previous;
    if (previous !== NO_PAGE) this.#pages[previous]!.next = next;
    else this.#withRoom[cellClass] = next;
  }
}

function newPage(): Page {
  return {
    bytes: new Uint8Array(PAGE_BYTES),
    cellClass: 0,
    live: 0,
    fresh: 0,
    free: NO_CELL,
    next: NO_PAGE,
    previous: NO_PAGE,
  };
}

function cellSizes(): number[] {
  const sizes = [8, 16, 24, 32, 40, 48, 56, 64];
  for (let size = 64; size < PAGE_BYTES; size *= 2) {
    for (let quarter = 1; quarter <= 4; quarter++) sizes.push(size + (size / 4) * quarter);
  }
  return sizes;
}

function classTable(): Uint8Array {
  const table = new Uint8Array(PAGE_BYTES / 8 + 1);
  let cellClass = 0;
  for (let eighths = 0; eighths < table.length; eighths++) {
    while (CELL_SIZES[cellClass]! < eighths * 8) cellClass++;
    table[eighths] = cellClass;
  }
  return table;
}

function classOf(length: number): number {
  return CLASS_OF[(length + 7) >>> 3]!;
}
