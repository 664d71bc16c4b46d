/** Decimal, perhaps with a fraction of zeros or an exponent. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** With Go's prefixes; a leading zero is octal, as in YAML 1.1. */
const PREFIXED = /^([+-]?)0(?:[xX](?<hex>[\dA-Fa-f]+)|[bB](?<binary>[01]+)|[oO]?(?<octal>[0-7]+))$/;

/** An integer in any form that Antrea's decoder takes: 8192, 1e+06, 100.0, 0x10, 0b1, 0o17, 017, 1_000; undefined if the text is none. */
export function parseInteger(text: string): number | undefined {
  const digits = /^[+-]?\d[\d_]*$/.test(text) ? text.replaceAll('_', '') : text;
  const prefixed = PREFIXED.exec(digits);
  const number = prefixed === null ? (DECIMAL.test(digits) ? Number(digits) : NaN) : prefixedNumber(prefixed);
  // Without adding 0, -0 would stay one.
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

function prefixedNumber({ 1: sign, groups }: RegExpExecArray): number {
  const { hex, binary, octal } = groups!;
  const number =
    hex !== undefined ? parseInt(hex, 16) : binary !== undefined ? parseInt(binary, 2) : parseInt(octal!, 8);
  return sign === '-' ? -number : number;
}
