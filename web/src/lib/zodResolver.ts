import type { FieldErrors, FieldValues, Resolver } from 'react-hook-form';
import type { ZodMiniType } from 'zod/mini';
import { ApiError, pointerToField } from '../api/problem';
import { complaintOf, messageOf } from './errors';

/** react-hook-form asks, zod answers: the first complaint about each field. */
export function zodResolver<Values extends FieldValues>(schema: ZodMiniType<Values>): Resolver<Values> {
  return (values) => {
    const outcome = schema.safeParse(values);
    if (outcome.success) return { values: outcome.data, errors: {} };
    const errors: Record<string, unknown> = {};
    for (const issue of outcome.error.issues) put(errors, issue.path.map(String), issue.message);
    return { values: {}, errors: errors as FieldErrors<Values> };
  };
}

function put(errors: Record<string, unknown>, path: string[], message: string) {
  let at = errors;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
  const leaf = path.at(-1) ?? 'root';
  at[leaf] ??= { type: 'zod', message };
}

/**
 * Brings the server's complaints to their fields; what names no field of the form is left over, as one text for the
 * whole form.
 */
export function spread(
  error: ApiError,
  fields: readonly string[],
  setError: (field: string, complaint: { type: string; message: string }) => void,
): string | null {
  let placed = 0;
  const rest: string[] = [];
  for (const complaint of error.fields) {
    const field = pointerToField(complaint.pointer);
    const message = complaintOf(complaint);
    if (fields.includes(field)) {
      setError(field, { type: 'server', message });
      placed += 1;
    } else rest.push(message);
  }
  if (placed === 0) return rest.length ? rest.join(' ') : messageOf(error);
  return rest.length ? rest.join(' ') : null;
}
