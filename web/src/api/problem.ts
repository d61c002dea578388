import type { Problem } from './types';

/** What is wrong with one field, named as in RFC 6901. */
export type Complaint = NonNullable<Problem['errors']>[number];

/** An answer that is not a good one: the problem's own words, which pages show as they are. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: Complaint[] = [],
    readonly requestId = '',
    /** Its numbers: how many emails are in the way, which rule is. */
    readonly figures: Record<string, number> = {},
  ) {
    super(detail);
    this.name = 'ApiError';
  }
}

/** Whatever came back or failed, as an ApiError. Status 0: no answer at all. */
export function asApiError(error: unknown, status = 0): ApiError {
  if (error instanceof ApiError) return error;
  if (isProblem(error)) return new ApiError(error.status, error.code, error.detail, error.errors ?? [], error.request_id, figuresOf(error));
  if (status === 0) return new ApiError(0, 'no_answer', '');
  return new ApiError(status, 'no_problem', typeof error === 'string' ? error.slice(0, 300) : '');
}

const figuresOf = (problem: Problem) =>
  Object.fromEntries(Object.entries(problem).filter((one): one is [string, number] => typeof one[1] === 'number'));

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;
}

/** RFC 6901 "/limits/per_day" as a form's "limits.per_day". */
export function pointerToField(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    .join('.');
}
