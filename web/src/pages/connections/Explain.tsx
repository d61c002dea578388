// "Which way would this mail go now, and why not another?"
import { useMutation } from '@tanstack/react-query';
import { Check, Minus } from 'lucide-react';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { t } from '../../lib/i18n';
import { useDelivery } from '../../lib/lookups';
import { said } from '../../lib/sayings';
import { SelectField, TextField } from '../../ui/form';
import { Failure, Note } from '../../ui/kit';

interface Question {
  to: string;
  from?: string;
  lane?: string;
  tag?: string[];
}

export function Explain() {
  const lanes = useDelivery().data?.lanes ?? [];
  const [draft, setDraft] = useState({ to: '', from: '', lane: '', tag: '' });
  // Asked by hand each time: the same question has another answer once a connection is down or a limit is reached.
  const answer = useMutation({ mutationFn: (question: Question) => ok(api.GET('/api/v1/delivery/explain', { params: { query: question } })) });
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const ask = () => answer.mutate({
    to: draft.to.trim(),
    ...(draft.from.trim() && { from: draft.from.trim() }),
    ...(draft.lane && { lane: draft.lane }),
    ...(draft.tag.trim() && { tag: draft.tag.split(/[\s,]+/).filter(Boolean) }),
  });
  return (
    <div className="stack narrow">
      <p className="hint">{t('explain.help')}</p>
      <form className="card padded" onSubmit={(event) => { event.preventDefault(); ask(); }}>
        <div className="two">
          <TextField label={t('explain.to')} type="email" required value={draft.to} onChange={(event) => set({ to: event.target.value })} />
          <TextField label={t('explain.from')} type="email" value={draft.from} onChange={(event) => set({ from: event.target.value })} />
          <SelectField label={t('email.lane')} value={draft.lane} onChange={(event) => set({ lane: event.target.value })} options={[{ value: '', label: t('explain.first_lane') }, ...lanes.map((lane) => ({ value: lane, label: lane }))]} />
          <TextField label={t('email.tags')} value={draft.tag} onChange={(event) => set({ tag: event.target.value })} />
        </div>
        <button type="submit" className="button first start" disabled={!draft.to.trim() || answer.isPending}>{t('explain.ask')}</button>
      </form>
      <div aria-live="polite" className="stack">
        {answer.error && <Failure error={answer.error} retry={() => answer.mutate(answer.variables)} />}
        {answer.data && (
          <div className="card padded">
            {answer.data.waits_for ? <Note tone="warn" title={t('explain.waits')}>{said(answer.data.waits_for)}</Note>
              : <Note tone="ok" title={t('explain.takes', { caption: answer.data.connections.find((one) => one.chosen)?.caption ?? `#${answer.data.connection_id}` })}>{answer.data.rule === null ? t('explain.no_rule') : t('explain.rule', { n: answer.data.rule + 1 })}</Note>}
            <ol className="trail">
              {answer.data.connections.map((one) => (
                <li key={one.id}>
                  <span className={`dot ${one.chosen ? 'ok' : one.usable ? 'info' : ''}`} aria-hidden>{one.chosen ? <Check strokeWidth={3} /> : <Minus strokeWidth={3} />}</span>
                  <div className={one.usable ? 'strong' : 'unreached'}>{one.caption || `#${one.id}`}</div>
                  <div className="aside">{said(one.why)}</div>
                </li>
              ))}
            </ol>
          </div>
        )}
      </div>
    </div>
  );
}
