import type { ServerResponse } from 'node:http';
import { KINDS, isResource } from './object.js';

/** Why a request failed, as the API server says it. */
export interface StatusDetails {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  /** A token with which a list that can't go on consistently goes on inconsistently. */
  readonly continue?: string;
}

/** A request that fails with a Status. */
export class StatusError extends Error {
  readonly status: StatusDetails;

  constructor(status: StatusDetails) {
    super(status.message);
    this.name = 'StatusError';
    this.status = status;
  }
}

/** The object of kind Status. */
export function statusObject(status: StatusDetails): Record<string, unknown> {
  const { code, reason, message, details, retryAfterSeconds } = status;
  const all = { ...details, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: status.continue === undefined ? {} : { continue: status.continue },
    status: 'Failure',
    message,
    reason,
    ...(details === undefined && retryAfterSeconds === undefined ? {} : { details: all }),
    code,
  };
}

/** Answers with a Status. */
export function sendStatus(response: ServerResponse, status: StatusDetails): void {
  const { code, retryAfterSeconds } = status;
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(statusObject(status))}\n`);
}

/** 401. */
export const unauthorized = (): StatusDetails => ({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });

/** 404 for an object that is not there. */
export const notFound = (resource: string, name: string): StatusDetails => ({
  code: 404,
  reason: 'NotFound',
  message: `${resource} "${name}" not found`,
  details: { name, kind: resource },
});

/** 404 for a path that leads nowhere. */
export const noSuchResource = (): StatusDetails => ({
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
});

/** 410 for a watch whose revision is forgotten. */
export const tooOld = (revision: number, oldest: number): StatusDetails => ({
  code: 410,
  reason: 'Expired',
  message: `too old resource version: ${revision} (${oldest})`,
});

/** 410 for a page of a list whose snapshot is forgotten. */
export const continueExpired = (inconsistent: string): StatusDetails => ({
  code: 410,
  reason: 'Expired',
  message:
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue ' +
    'parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided ' +
    'token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was ' +
    'returned and now may show up in the list.',
  continue: inconsistent,
});

/** 504 for a revision that is yet to come, as after a restart that lost some. */
export const tooLarge = (revision: number, current: number): StatusDetails => ({
  code: 504,
  reason: 'Timeout',
  message: `Timeout: Too large resource version: ${revision}, current: ${current}`,
  details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
  retryAfterSeconds: 1,
});

/** 400. */
export const badRequest = (message: string): StatusDetails => ({ code: 400, reason: 'BadRequest', message });

/** 422. */
export const invalid = (resource: string, name: string, field: string, why: string): StatusDetails => {
  const kind = isResource(resource) ? KINDS[resource].kind : resource;
  const reason = why.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueInvalid';
  const causes = [{ reason, message: why, field }];
  return {
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${name}" is invalid: ${field}: ${why}`,
    details: { ...(name === '' ? {} : { name }), kind, causes },
  };
};

/** 409 for an object that is there already. */
export const alreadyExists = (resource: string, name: string): StatusDetails => ({
  code: 409,
  reason: 'AlreadyExists',
  message: `${resource} "${name}" already exists`,
  details: { name, kind: resource },
});

/** 409 for an object that somebody changed meanwhile. */
export const conflict = (
  resource: string,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): StatusDetails => ({
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on ${resource} "${name}": ${why}`,
  details: { name, kind: resource },
});
