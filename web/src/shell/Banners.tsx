// What stands still stands above every page, so that nobody wonders why mail does not go out.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CirclePause, Clock } from 'lucide-react';
import { api, ok } from '../api/client';
import { complain } from '../lib/errors';
import { t } from '../lib/i18n';
import { DELIVERY, useDelivery } from '../lib/lookups';
import { useRights } from '../lib/session';

export function Banners() {
  const delivery = useDelivery().data;
  const rights = useRights();
  const queries = useQueryClient();
  const how = { onSuccess: (data: unknown) => queries.setQueryData(DELIVERY, data), onError: complain };
  const resume = useMutation({ mutationFn: () => ok(api.POST('/api/v1/delivery/resume', { body: { all: true } })), ...how });
  const confirm = useMutation({ mutationFn: () => ok(api.POST('/api/v1/delivery/confirm-clock')), ...how });
  if (!delivery) return null;
  const everything = delivery.pauses.find((pause) => pause.all);
  const lanes = delivery.pauses.flatMap((pause) => (pause.lane === null ? [] : [pause.lane]));
  return (
    <>
      {everything && (
        <div className="banner" role="status">
          <CirclePause aria-hidden /><span className="grow"><b className="strong">{t('pause.everything')}</b>{everything.reason && ` ${everything.reason}`}</span>
          {rights.manage && <button type="button" className="button little" onClick={() => resume.mutate()}>{t('pause.resume')}</button>}
        </div>
      )}
      {lanes.length > 0 && <div className="banner" role="status"><CirclePause aria-hidden /><span>{t('pause.lanes', { lanes: lanes.join(', ') })}</span></div>}
      {delivery.clock_jump && (
        <div className="banner" role="status">
          <Clock aria-hidden /><span className="grow">{t('pause.clock', { detail: delivery.clock_jump })}</span>
          {rights.manage && <button type="button" className="button little" onClick={() => confirm.mutate()}>{t('pause.clock_confirm')}</button>}
        </div>
      )}
    </>
  );
}
