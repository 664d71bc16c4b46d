import { ValidateBy, type ValidationArguments } from 'class-validator';

/** What {@link check} attaches to a class-validator constraint. */
export interface CheckContext {
  readonly severity: 'error' | 'warning';
}

/** A check of its own: `message` says what is wrong and what is accepted where `accepts` is false. */
function check(
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
