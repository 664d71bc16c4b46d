/** What an error says, whatever was thrown and wherever it was made; of several in one (all addresses of a host refused, say) each. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('message' in error && typeof error.message === 'string' && error.message !== '') return error.message;
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.map(errorText).join('; ');
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown error';
}
