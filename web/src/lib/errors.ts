// What a failed call is called in front of people: the server's own words where it has some.
import { ApiError } from '../api/problem';
import { t } from './i18n';

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.message) return error.message;
    if (error.status === 0) return t('error.no_answer');
    return t('error.status', { status: String(error.status) });
  }
  return error instanceof Error && error.message ? error.message : t('error.no_answer');
}
