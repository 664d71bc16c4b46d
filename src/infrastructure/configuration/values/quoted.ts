/** Characters shown of what stands in the file. */
const LONGEST = 60;

/** What a terminal obeys, hides or reorders instead of showing it. JSON escapes most of it, but not all. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Text from the file for a message: short, quoted, in one line. */
export function quoted(text: string): string {
  // Two code units at most are a character.
  const characters = Array.from(text.slice(0, 2 * LONGEST + 2));
  const short = characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : text;
  return visible(JSON.stringify(short));
}

/** A library's message, which may hold text from the file. */
export function oneLine(message: string): string {
  const short = message.length > 3 * LONGEST ? `${message.slice(0, 3 * LONGEST)}…` : message;
  return visible(short);
}

function visible(text: string): string {
  return text.replace(INVISIBLE, (invisible) => `\\u{${invisible.codePointAt(0)!.toString(16)}}`);
}

/** A key's name as it is, or quoted if it would not be told from what is around it. */
export function keyName(name: string): string {
  return /^[\w$@/+-][\w$@/+.-]{0,59}$/.test(name) ? name : quoted(name);
}
