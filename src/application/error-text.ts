/** What an error says, whatever was thrown and wherever it was made; of several in one (all addresses of a host refused, say) each. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  // OpenSSL's message is a line of its own source code; its reason and Node's name for that are what one can look up.
  if ('library' in error && 'reason' in error && typeof error.reason === 'string' && 'code' in error)
    return `${error.reason} (${String(error.code)})`;
  if ('message' in error && typeof error.message === 'string' && error.message !== '') return error.message;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.map(errorText).join('; ');
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown error';
}
