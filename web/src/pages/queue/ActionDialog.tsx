// Before anything happens to mail: what will happen, to how many (the server counts, in a dry run), and why.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import type { QueueAction, QueueActionWord } from '../../api/types';
import { t, tn } from '../../lib/i18n';
import { useConnections } from '../../lib/lookups';
import { say } from '../../lib/toasts';
import { SelectField, TextArea } from '../../ui/form';
import { Failure, Note } from '../../ui/kit';
import { Dialog } from '../../ui/overlay/Dialog';
import { asCounted, type Target } from './selection';

interface Props {
  action: QueueActionWord;
  target: Target;
  onClose: () => void;
  onDone: () => void;
}

/** Of all that match nobody knows the number before the server has counted. */
const MANY = 2;

const final = new Set<QueueActionWord>(['delete', 'expire']);

export function ActionDialog({ action, target, onClose, onDone }: Props) {
  const [reason, setReason] = useState('');
  const [connectionId, setConnectionId] = useState('');
  const [sent, setSent] = useState('');
  const connections = useConnections().data ?? [];

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
  const act = useMutation({
    mutationFn: (asOf: string) => order(asCounted(target, asOf), reason.trim() ? { reason: reason.trim() } : {}),
    onSuccess: (answer) => { say(tn('act.done', answer.changed)); onDone(); onClose(); },
  });
  const about = target.ids?.length ?? preview.data?.matched ?? MANY;
  // A dry run reports what it would skip; the rest would change.
  const count = preview.data ? preview.data.matched - preview.data.skipped : 0;

  return (
    <Dialog open onClose={onClose} title={tn(`act.${action}_title`, about)}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className={`button first ${final.has(action) ? 'danger' : ''}`} disabled={!chosen || !preview.data || count === 0 || act.isPending} onClick={() => act.mutate(preview.data!.as_of!)}>
          {count > 0 ? tn('act.confirm', count, { action: t(`act.${action}`) }) : t(`act.${action}`)}
        </button>
      </>}>
      <p className="soft">{tn(`act.${action}_help`, about)}</p>
      {action === 'move' && (
        <SelectField label={t('act.target')} value={connectionId} onChange={(event) => setConnectionId(event.target.value)}
          options={[{ value: '', label: t('act.choose') }, ...connections.map(({ id, caption, host }) => ({ value: String(id), label: caption || host }))]} />
      )}
      {action === 'settle' && (
        <SelectField label={t('email.status')} value={sent} onChange={(event) => setSent(event.target.value)}
          options={[{ value: '', label: t('act.choose') }, { value: 'yes', label: t('act.settle_sent') }, { value: 'no', label: t('act.settle_not_sent') }]} />
      )}
      <div aria-live="polite">
        {chosen && preview.isPending && <div className="bone" role="status" aria-label={t('act.counting')} />}
        {preview.data && count > 0 && (
          <Note tone={final.has(action) ? 'warn' : 'info'} title={tn('act.will_change', count)}>
            {preview.data.skipped > 0 && tn('act.skipped', preview.data.skipped)}
          </Note>
        )}
        {preview.data && count === 0 && <Note tone="warn">{tn('act.none', about)}</Note>}
        {preview.error && <Failure error={preview.error} retry={() => void preview.refetch()} title={t('act.counting')} />}
      </div>
      <TextArea label={t('act.reason')} hint={t('act.reason_hint')} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      {act.error && <Failure error={act.error} title={t(`act.${action}`)} />}
    </Dialog>
  );
}
