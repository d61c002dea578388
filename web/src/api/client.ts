import createClient from 'openapi-fetch';
import { asApiError } from './problem';
import type { paths } from './schema';
import { transport } from './transport';

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  fetch: transport,
});

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of a good answer; an ApiError for everything else, no answer included. */
export async function ok<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  let outcome: Outcome<Data>;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw asApiError(error);
  }
  if (!outcome.response.ok) throw asApiError(outcome.error, outcome.response.status);
  return outcome.data as Data;
}
