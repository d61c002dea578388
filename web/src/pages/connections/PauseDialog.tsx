// Letting everything, a lane or one connection stand still, and going on.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import type { Connection, Delivery } from '../../api/types';
import { t } from '../../lib/i18n';
import { CONNECTIONS, DELIVERY, useConnectionNames, useDelivery } from '../../lib/lookups';
import { say } from '../../lib/toasts';
import { SelectField, TextArea } from '../../ui/form';
import { Failure } from '../../ui/kit';
import { Dialog } from '../../ui/overlay/Dialog';

type What = { all?: boolean; lane?: string; connection_id?: number };
type Pause = Delivery['pauses'][number];

const whatOf = (pause: Pause): What => (pause.all ? { all: true } : pause.lane !== null ? { lane: pause.lane } : { connection_id: pause.connection_id! });

export function PauseDialog({ connection, onClose }: { connection?: Connection; onClose: () => void }) {
  const delivery = useDelivery().data;
  const nameOf = useConnectionNames();
  const queries = useQueryClient();
  const [what, setWhat] = useState('all');
  const [reason, setReason] = useState('');
  const done = (answer: Delivery) => {
    queries.setQueryData(DELIVERY, answer);
    void queries.invalidateQueries({ queryKey: CONNECTIONS });
  };
  const pause = useMutation({
    mutationFn: () => {
      const scope: What = connection ? { connection_id: connection.id } : what === 'all' ? { all: true } : { lane: what };
      return ok(api.POST('/api/v1/delivery/pause', { body: { ...scope, ...(reason.trim() && { reason: reason.trim() }) } }));
    },
    onSuccess: (answer) => { done(answer); say(t('pause.paused')); onClose(); },
  });
  const resume = useMutation({
    mutationFn: (one: Pause) => ok(api.POST('/api/v1/delivery/resume', { body: whatOf(one) })),
    onSuccess: (answer) => { done(answer); say(t('pause.resumed')); },
  });
  const nameOfPause = (one: Pause) => (one.all ? t('pause.all') : one.lane !== null ? t('pause.lane', { lane: one.lane }) : (nameOf(one.connection_id) ?? ''));
  return (
    <Dialog open onClose={onClose} title={connection ? t('pause.title_connection', { caption: connection.caption || connection.host }) : t('pause.title')}
      foot={<>
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button type="button" className="button first" disabled={pause.isPending} onClick={() => pause.mutate()}>{t('pause.pause')}</button>
      </>}>
      <p className="soft">{t('pause.help')}</p>
      {!connection && delivery && delivery.pauses.length > 0 && (
        <ul className="stack tight" aria-label={t('pause.present')}>
          {delivery.pauses.map((one) => (
            <li key={nameOfPause(one)} className="line">
              <span className="grow"><b className="strong">{nameOfPause(one)}</b> <span className="faint small">{one.reason}</span></span>
              <button type="button" className="button little" disabled={resume.isPending} onClick={() => resume.mutate(one)}>{t('pause.resume')}</button>
            </li>
          ))}
        </ul>
      )}
      {!connection && (
        <SelectField label={t('pause.what')} value={what} onChange={(event) => setWhat(event.target.value)}
          options={[{ value: 'all', label: t('pause.all') }, ...(delivery?.lanes ?? []).map((lane) => ({ value: lane, label: t('pause.lane', { lane }) }))]} />
      )}
      <TextArea label={t('act.reason')} hint={t('pause.reason_hint')} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      {(pause.error ?? resume.error) && <Failure error={pause.error ?? resume.error} title={t('pause.pause')} />}
    </Dialog>
  );
}
