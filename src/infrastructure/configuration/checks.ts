import { ValidateBy, type ValidationArguments } from 'class-validator';
import { normalizedName } from '../../adapters/certificates/server-names.js';
import { unknownCipherSuites } from './values/cipher-suites.js';
import { formatSize } from './values/size.js';

/** What {@link check} attaches to a class-validator constraint. */
export interface CheckContext {
  readonly severity: 'error' | 'warning';
}

/** A check of its own: `message` says what is wrong and what is accepted where `accepts` is false. */
export function check(
  name: string,
  severity: CheckContext['severity'],
  accepts: (value: unknown, section: object) => boolean,
  message: (value: unknown) => string,
): PropertyDecorator {
  const context: CheckContext = { severity };
  return ValidateBy(
    {
      name,
      validator: {
        validate: (value: unknown, args?: ValidationArguments) => accepts(value, args!.object),
        defaultMessage: (args?: ValidationArguments) => message(args!.value),
      },
    },
    { context },
  );
}

/** Accepts integers from `low` to `high`, and 0 with `orZero`. */
export function Between(low: number, high: number, { orZero = false } = {}): PropertyDecorator {
  const accepted = `accepted is ${orZero ? '0 or ' : ''}an integer from ${low} to ${high}`;
  return check(
    'between',
    'error',
    (value) => (orZero && value === 0) || ((value as number) >= low && (value as number) <= high),
    (value) => `${String(value)} is out of range; ${accepted}`,
  );
}

/** Accepts sizes from `low` to `high`, in bytes. */
export function SizeBetween(low: number, high: number): PropertyDecorator {
  return check(
    'sizeBetween',
    'error',
    (value) => (value as number) >= low && (value as number) <= high,
    (value) =>
      `${formatSize(value as number)} is out of range; accepted is a size from ${formatSize(low)} to ${formatSize(high)}`,
  );
}

/** Accepts text of at most so many octets in UTF-8. */
export function MaxOctets(most: number): PropertyDecorator {
  const octets = (value: unknown): number => Buffer.byteLength(value as string);
  return check(
    'maxOctets',
    'error',
    (value) => octets(value) <= most,
    (value) => `is too long with ${octets(value)} octets; accepted are up to ${most}`,
  );
}

/** Accepts a list of cipher suites by their IANA names, separated by commas. */
export function CipherSuites(): PropertyDecorator {
  return check(
    'cipherSuites',
    'error',
    (value) => unknownCipherSuites(value as string).length === 0,
    (value) => {
      const unknown = unknownCipherSuites(value as string).map((name) => JSON.stringify(name));
      const verdict = unknown.length > 1 ? 'are no cipher suites' : 'is no cipher suite';
      return `${unknown.join(', ')} ${verdict}; accepted are IANA names such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", separated by commas`;
    },
  );
}

/** Accepts what a certificate can be for, or "". */
export function NameOrAddress(): PropertyDecorator {
  return check(
    'nameOrAddress',
    'error',
    (value) => value === '' || normalizedName(value as string) !== undefined,
    (value) => `${JSON.stringify(value)} is not valid; accepted is a DNS name or an IP address`,
  );
}

/** Accepts numbers from `low`. `accepted` says so in the key's own unit. */
export function AtLeast(low: number, print: (value: number) => unknown): PropertyDecorator {
  return check(
    'atLeast',
    'error',
    (value) => (value as number) >= low,
    (value) => `${String(print(value as number))} is too little; accepted is ${String(print(low))} or more`,
  );
}

/** Accepts anything but "". */
export function Required(accepted: string): PropertyDecorator {
  return check(
    'required',
    'error',
    (value) => value !== '',
    () => `is empty; accepted is ${accepted}`,
  );
}

/** Accepts anything but "" while the section is enabled. */
export function RequiredWhenEnabled(accepted: string): PropertyDecorator {
  return check(
    'requiredWhenEnabled',
    'error',
    (value, section) => value !== '' || !(section as { enable: boolean }).enable,
    () => `is missing; accepted is ${accepted}`,
  );
}

/** Refuses a value that a later version will take. `instead` says what to set today. */
export function ComesLater(wants: (value: unknown) => boolean, what: string, instead: string): PropertyDecorator {
  return check(
    'comesLater',
    'error',
    (value) => !wants(value),
    () => `${what} in a later version of Weir; ${instead}`,
  );
}

/** Takes a value that a later version will act on, and says that it does nothing yet. */
export function NoEffectYet(wants: (value: unknown) => boolean, what: string, instead: string): PropertyDecorator {
  return check(
    'noEffectYet',
    'warning',
    (value) => !wants(value),
    () => `ignored: ${what} in a later version of Weir; ${instead}`,
  );
}
