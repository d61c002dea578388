import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/problem';
import { messageOf } from '../lib/errors';
import { t } from '../lib/i18n';
import { Note } from './kit';

interface Props<Version> {
  error: unknown;
  title?: string;
  /** What of the error is not said beside a field; all of it, unless given. */
  children?: ReactNode;
  read: () => Promise<Version>;
  onRead: (present: Version) => void;
}

/** Why a form was not saved. When someone else was faster, there is a way on: from what he has left. */
export function NotSaved<Version>({ error, title, children = messageOf(error), read, onRead }: Props<Version>) {
  const load = useMutation({ mutationFn: read, onSuccess: onRead });
  const stale = error instanceof ApiError && error.code === 'stale_version';
  return (
    <Note tone="bad" title={title}>
      {children}
      {stale && (
        <div className="stack tight">
          <p>{load.error ? messageOf(load.error) : t('error.load_present_help')}</p>
          <button type="button" className="button little start" disabled={load.isPending} onClick={() => load.mutate()}>{t('error.load_present')}</button>
        </div>
      )}
    </Note>
  );
}
