/**
 * How a field is stored in a row:
 * - `endpoint`: an address of four words, IPv4 as ::ffff:a.b.c.d, as flow keys have them;
 * - `u8`, `u16`, `u32`: an unsigned integer, packed into words;
 * - `u64`: an unsigned 64-bit counter in two words, low word first;
 * - `text`: one word that refers to a byte string (UTF-8);
 * - `address`: one word that refers to a byte string of 4 or 16 bytes; none is the empty string.
 */
export type FieldKind = 'endpoint' | 'u8' | 'u16' | 'u32' | 'u64' | 'text' | 'address';

/** One field: how it is stored and what it means. */
export interface Field<K extends FieldKind = FieldKind> {
  readonly kind: K;
  /** One sentence for the reference documentation. */
  readonly meaning: string;
}

/** Fields by name, in the order in which rows hold fields of one kind. */
export type FieldTable = Readonly<Record<string, Field>>;

/** Declares an address of four words. */
export const endpoint = (meaning: string): Field<'endpoint'> => ({ kind: 'endpoint', meaning });
/** Declares an unsigned integer of 8 bits. */
export const u8 = (meaning: string): Field<'u8'> => ({ kind: 'u8', meaning });
/** Declares an unsigned integer of 16 bits. */
export const u16 = (meaning: string): Field<'u16'> => ({ kind: 'u16', meaning });
/** Declares an unsigned integer of 32 bits. */
export const u32 = (meaning: string): Field<'u32'> => ({ kind: 'u32', meaning });
/** Declares a counter of 64 bits. */
export const u64 = (meaning: string): Field<'u64'> => ({ kind: 'u64', meaning });
/** Declares a text. */
export const text = (meaning: string): Field<'text'> => ({ kind: 'text', meaning });
/** Declares an address that is referred to. */
export const address = (meaning: string): Field<'address'> => ({ kind: 'address', meaning });
