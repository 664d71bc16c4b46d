/**
 * Reads CSV as RFC 4180 has it, but with LF: rows of fields. Written from the RFC's grammar, to check what Weir writes.
 *
 * @throws Error if the text does not follow the grammar, or its last row does not end
 */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const [field, end] = text[at] === '"' ? readQuoted(text, at + 1) : readBare(text, at);
      row.push(field);
      at = end + 1;
      if (text[end] === '\n') break;
      if (text[end] !== ',') throw new Error(`character ${end}: ${JSON.stringify(text[end] ?? 'the end')}`);
    }
    rows.push(row);
  }
  return rows;
}

function readBare(text: string, start: number): [field: string, end: number] {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n') {
    if (text[end] === '"' || text[end] === '\r') throw new Error(`character ${end}: ${JSON.stringify(text[end])}`);
    end++;
  }
  return [text.slice(start, end), end];
}

function readQuoted(text: string, start: number): [field: string, end: number] {
  let field = '';
  for (let at = start; at < text.length; at++) {
    if (text[at] !== '"') field += text[at]!;
    else if (text[at + 1] === '"') field += text[at++]!;
    else return [field, at + 1];
  }
  throw new Error('a quoted field does not end');
}
