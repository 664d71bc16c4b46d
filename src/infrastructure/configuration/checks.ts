import { ValidateBy, type ValidationArguments } from 'class-validator';
import { normalizedName } from '../../adapters/certificates/server-names.js';
import { unknownCipherSuites } from './values/cipher-suites.js';
import { quoted } from './values/quoted.js';
import { formatSize } from './values/size.js';

/** What is wrong in a list is named up to so many times. */
const MAX_NAMED = 5;

/** What {@link check} attaches to a class-validator constraint. */
export interface CheckContext {
  readonly severity: 'error' | 'warning';
  /** Key of the section to whose property the check is attached, where that key is the one to be named. */
  readonly at?: string;
  /** What the check leaves of what the kind accepts, for the documentation: "from 1 to 65535". */
  readonly narrows?: string;
}

/** A check of its own: `message` says what is wrong and what is accepted where `accepts` is false. */
export function check(
  name: string,
  severity: CheckContext['severity'],
  accepts: (value: unknown, section: object) => boolean,
  message: (value: unknown) => string,
  more: Omit<CheckContext, 'severity'> = {},
): PropertyDecorator {
  const context: CheckContext = { severity, ...more };
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
  const zero = orZero ? '0 or ' : '';
  return check(
    'between',
    'error',
    (value) => (orZero && value === 0) || ((value as number) >= low && (value as number) <= high),
    (value) => `${String(value)} is out of range; accepted is ${zero}an integer from ${low} to ${high}`,
    { narrows: `${zero}from ${low} to ${high}` },
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
    { narrows: `from ${formatSize(low)} to ${formatSize(high)}` },
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
    { narrows: `at most ${most} octets` },
  );
}

/** Accepts a list of cipher suites by their IANA names, separated by commas. */
export function CipherSuites(): PropertyDecorator {
  return check(
    'cipherSuites',
    'error',
    (value) => unknownCipherSuites(value as string).length === 0,
    (value) => {
      const unknown = unknownCipherSuites(value as string).map(quoted);
      const verdict = unknown.length > 1 ? 'are no cipher suites' : 'is no cipher suite';
      const named = unknown.slice(0, MAX_NAMED).join(', ') + (unknown.length > MAX_NAMED ? ', …' : '');
      return `${named} ${verdict}; accepted are IANA names such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", separated by commas`;
    },
    { narrows: 'IANA names of cipher suites, separated by commas' },
  );
}

/** Accepts what a certificate can be for, or "". */
export function NameOrAddress(): PropertyDecorator {
  return check(
    'nameOrAddress',
    'error',
    (value) => value === '' || normalizedName(value as string) !== undefined,
    (value) => `${quoted(value as string)} is not valid; accepted is a DNS name or an IP address`,
    { narrows: 'a DNS name, an IP address or ""' },
  );
}

/** Accepts numbers from `low`, and 0 with `orZero`. `print` writes them in the key's own unit. */
export function AtLeast(low: number, print: (value: number) => unknown, { orZero = false } = {}): PropertyDecorator {
  const least = orZero ? `${String(print(0))} or at least ${String(print(low))}` : `${String(print(low))} or more`;
  return check(
    'atLeast',
    'error',
    (value) => (orZero && value === 0) || (value as number) >= low,
    (value) => `${String(print(value as number))} is too little; accepted is ${least}`,
    { narrows: least },
  );
}

/** Accepts anything but "". */
export function Required(accepted: string): PropertyDecorator {
  return check(
    'required',
    'error',
    (value) => value !== '',
    () => `is empty; accepted is ${accepted}`,
    { narrows: 'not empty' },
  );
}

/** Accepts anything but "" while the section is enabled. */
export function RequiredWhenEnabled(accepted: string): PropertyDecorator {
  return check(
    'requiredWhenEnabled',
    'error',
    (value, section) => value !== '' || !(section as { enable: boolean }).enable,
    () => `is missing; accepted is ${accepted}`,
    { narrows: 'required when enabled' },
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
