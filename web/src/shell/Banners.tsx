// What stands still stands above every page, so that nobody wonders why mail does not go out.
import { useQueryClient } from '@tanstack/react-query';
import { CirclePause, CircleX, Clock } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../api/client';
import type { Delivery } from '../api/types';
import * as format from '../lib/format';
import { t, unturned } from '../lib/i18n';
import { DELIVERY, useDelivery } from '../lib/lookups';
import { said } from '../lib/sayings';
import { useRights } from '../lib/session';
import { Confirm } from '../ui/Confirm';

/** A disk that is full is no news of the server's. */
const EVERY_MS = 60_000;

export function Banners() {
  const delivery = useDelivery(EVERY_MS).data;
  const rights = useRights();
  const queries = useQueryClient();
  const [asking, ask] = useState<'resume' | 'clock' | null>(null);
  const take = (answer: Delivery) => queries.setQueryData(DELIVERY, answer);
  if (!delivery) return null;
  const everything = delivery.pauses.find((pause) => pause.all);
  const lanes = delivery.pauses.flatMap((pause) => (pause.lane === null ? [] : [pause.lane]));
  return (
    <>
      {delivery.refuses_mail && <div className="banner bad" role="alert"><CircleX aria-hidden /><span>{t('pause.refuses_mail', { detail: said(delivery.refuses_mail) })}</span></div>}
      {everything && (
        <div className="banner" role="status">
          <CirclePause aria-hidden /><span className="grow"><b className="strong">{t('pause.everything')}</b>{everything.reason && ` ${unturned(everything.reason)}`}</span>
          {rights.manage && <button type="button" className="button little" onClick={() => ask('resume')}>{t('pause.resume')}</button>}
        </div>
      )}
      {lanes.length > 0 && <div className="banner" role="status"><CirclePause aria-hidden /><span>{t('pause.lanes', { lanes: lanes.join(', ') })}</span></div>}
      {delivery.clock_jump && (
        <div className="banner" role="status">
          <Clock aria-hidden /><span className="grow">{t('pause.clock', { detail: said(delivery.clock_jump) })}</span>
          {rights.manage && <button type="button" className="button little" onClick={() => ask('clock')}>{t('pause.clock_confirm')}</button>}
        </div>
      )}
      {asking === 'resume' && (
        <Confirm title={t('pause.resume_title')} action={t('pause.resume')} onClose={() => ask(null)} onDone={take}
          run={() => ok(api.POST('/api/v1/delivery/resume', { body: { all: true } }))}>
          {t('pause.resume_help')}
        </Confirm>
      )}
      {asking === 'clock' && (
        <Confirm title={t('pause.clock_title')} action={t('pause.clock_confirm')} onClose={() => ask(null)} onDone={take}
          run={() => ok(api.POST('/api/v1/delivery/confirm-clock'))}>
          {t('pause.clock_help', { now: format.dateTimeLong(new Date().toISOString()) })}
        </Confirm>
      )}
    </>
  );
}
