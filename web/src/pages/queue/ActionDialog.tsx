// Before anything happens to mail: what will happen, to how many (the server counts, in a dry run), and why.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import type { Email, QueueAction, QueueActionWord } from '../../api/types';
import { t, tn, unturned } from '../../lib/i18n';
import { useConnections } from '../../lib/lookups';
import { say } from '../../lib/toasts';
import { SelectField, TextArea } from '../../ui/form';
import { Failure, Note } from '../../ui/kit';
import { Dialog } from '../../ui/overlay/Dialog';
import { isInDoubt } from './actions';
import { asCounted, type Target } from './selection';

interface Counted {
  matched: number;
  skipped: number;
}

interface Props {
  action: QueueActionWord;
  target: Target;
  /** The emails that the page has at hand. */
  rows?: Email[];
  onClose: () => void;
  onDone: () => void;
}

/** Of all that match nobody knows the number before the server has counted. */
const MANY = 2;

/** A dry run reports what it would skip; the rest would change. */
const changing = ({ matched, skipped }: Counted) => matched - skipped;

const final = new Set<QueueActionWord>(['delete', 'expire']);

/** What a retry may bring twice; of emails that nobody has at hand in general words. */
function doubtOf({ ids }: Target, atHand: Email[]): string | null {
  const meant = atHand.filter(({ id }) => ids?.includes(id));
  const doubts = meant.filter(isInDoubt).length;
  if (doubts > 0) return ids!.length === 1 ? t('act.retry_doubt_single') : tn('act.retry_doubt', doubts);
  return ids && meant.length >= ids.length ? null : t('act.retry_doubt_any');
}

export function ActionDialog({ action, target, rows = [], onClose, onDone }: Props) {
  const [reason, setReason] = useState('');
  const [connectionId, setConnectionId] = useState('');
  const [sent, setSent] = useState('');
  const connections = useConnections();

  const choice: Partial<QueueAction> = {
    ...(action === 'move' && connectionId && { connection_id: Number(connectionId) }),
    ...(action === 'settle' && sent && { sent: sent === 'yes' }),
  };
  const chosen = (action !== 'move' || connectionId !== '') && (action !== 'settle' || sent !== '');
  const order = (about: Target, more: Partial<QueueAction>) => ok(api.POST('/api/v1/queue/actions', { body: { action, ...about, ...choice, ...more } as QueueAction }));

  const preview = useQuery({
    queryKey: ['preview', action, target, choice],
    queryFn: () => order(target, { dry_run: true }),
    enabled: chosen,
    gcTime: 0,
    // A number that changes under the hand confirms nothing.
    staleTime: Infinity,
    retry: false,
  });
  /** The count that was found to have grown when it was confirmed, and the one that it grew from. */
  const [grown, setGrown] = useState<{ from: Counted; to: Counted } | null>(null);
  const more = grown?.from === preview.data ? grown : null;
  const counted = more?.to ?? preview.data;
  const act = useMutation({
    mutationFn: async (shown: Counted) => {
      const about = asCounted(target, preview.data!.as_of!);
      if (about.filter) {
        const now = await order(about, { dry_run: true });
        if (changing(now) > changing(shown)) return { now };
      }
      return { done: await order(about, reason.trim() ? { reason: reason.trim() } : {}) };
    },
    onSuccess: ({ now, done }) => {
      if (now) return setGrown({ from: preview.data!, to: now });
      say(tn('act.done', done.changed));
      onDone();
      onClose();
    },
  });
  const single = target.ids?.length === 1;
  const only = useEmail(single ? target.ids![0]! : null);
  // Of the one that is asked for nothing is said before it is known.
  const doubt = action !== 'retry' || (single && !only) ? null : doubtOf(target, only ? [only] : rows);
  const about = target.ids?.length ?? counted?.matched ?? MANY;
  const count = counted ? changing(counted) : 0;

  return (
    <Dialog open onClose={onClose} title={tn(`act.${action}_title`, about)}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className={`button first ${final.has(action) ? 'danger' : ''}`} disabled={!chosen || count === 0 || act.isPending} onClick={() => act.mutate(counted!)}>
          {count > 0 ? tn('act.confirm', count, { action: t(`act.${action}`) }) : t(`act.${action}`)}
        </button>
      </>}>
      {only && <p className="strong wrap"><bdi>{unturned(only.email)}</bdi></p>}
      <p className="soft">{tn(`act.${action}_help`, about)}</p>
      {doubt && <Note tone="warn">{doubt}</Note>}
      {action === 'move' && (connections.error && !connections.data ? <Failure error={connections.error} retry={() => void connections.refetch()} />
        : connections.data?.length === 0 ? <Note tone="warn">{t('act.no_target')}</Note>
        : (
          <SelectField label={t('act.target')} value={connectionId} disabled={!connections.data} onChange={(event) => setConnectionId(event.target.value)}
            options={[{ value: '', label: t(connections.data ? 'act.choose' : 'status.loading') }, ...(connections.data ?? []).map(({ id, caption, host }) => ({ value: String(id), label: caption || host }))]} />
        ))}
      {action === 'settle' && (
        <SelectField label={t('email.status')} value={sent} onChange={(event) => setSent(event.target.value)}
          options={[{ value: '', label: t('act.choose') }, { value: 'yes', label: t('act.settle_sent') }, { value: 'no', label: t('act.settle_not_sent') }]} />
      )}
      <div aria-live="polite">
        {chosen && preview.isPending && <div className="bone" role="status" aria-label={t('act.counting')} />}
        {counted && count > 0 && (
          <Note tone={more || final.has(action) ? 'warn' : 'info'} title={tn('act.will_change', count)}>
            {more && <p>{tn('act.grown', changing(more.from))}</p>}
            {counted.skipped > 0 && tn('act.skipped', counted.skipped)}
          </Note>
        )}
        {counted && count === 0 && <Note tone="warn">{tn('act.none', about)}</Note>}
        {preview.error && <Failure error={preview.error} retry={() => void preview.refetch()} title={t('act.counting')} />}
      </div>
      <TextArea label={t('act.reason')} hint={t('act.reason_hint')} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      {act.error && <Failure error={act.error} title={t(`act.${action}`)} />}
    </Dialog>
  );
}

/** The email that alone is meant; its drawer has asked for it, too. */
function useEmail(id: string | null) {
  return useQuery({
    queryKey: ['email', id],
    queryFn: () => ok(api.GET('/api/v1/emails/{id}', { params: { path: { id: id! } } })),
    enabled: id !== null,
  }).data;
}
