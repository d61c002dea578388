import { useQuery } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { t, word } from '../../lib/i18n';
import { Bones, Fact, Failure, Time } from '../../ui/kit';

/** From whom a message is, and what handed it in; asked for when its email is looked at. */
export function Origin({ messageId }: { messageId: string }) {
  const message = useQuery({
    queryKey: ['message', messageId],
    queryFn: () => ok(api.GET('/api/v1/messages/{id}', { params: { path: { id: messageId } } })),
    // A message is frozen when it is taken in.
    staleTime: Infinity,
  });
  const { data } = message;
  return (
    <section className="part">
      <h3>{t('origin.title')}</h3>
      {data ? (
        <dl className="facts">
          <Fact name={t('origin.from')}>{data.from || t('origin.nobody')}</Fact>
          <Fact name={t('origin.submitted_by')}>{data.submitted_by ?? '—'}</Fact>
          {data.send_at && <Fact name={t('origin.send_at')}><Time at={data.send_at} long /></Fact>}
          {data.on_doubt && <Fact name={t('origin.on_doubt')}>{word('origin', `on_doubt_${data.on_doubt}`)}</Fact>}
          {Object.entries(data.metadata).map(([name, value]) => <Fact key={name} name={`${t('origin.metadata')}: ${name}`}>{value}</Fact>)}
        </dl>
      ) : message.error ? <Failure error={message.error} retry={() => void message.refetch()} /> : <Bones />}
    </section>
  );
}
