// The form of one filter, in a column's head and, on phones, in the sheet of all filters. Choices act at once; typed
// text acts with Enter or the button, so that a list isn't read anew with every letter.
import { useId, useState } from 'react';
import { fromLocalInput, instant, namesOf, toLocalInput, type Filter } from '../../lib/filters';
import { t } from '../../lib/i18n';
import { usePreferences } from '../../lib/prefs';
import { Choice } from '../kit';

export type FilterChange = Record<string, string | string[] | null>;

interface Props<F extends Filter = Filter> {
  filter: F;
  title: string;
  params: URLSearchParams;
  onChange: (change: FilterChange) => void;
}

type Of<Kind extends Filter['kind']> = Props<Extract<Filter, { kind: Kind }>>;

export function FilterForm({ filter, ...rest }: Props) {
  switch (filter.kind) {
    case 'choice':
      return <ChoiceForm filter={filter} {...rest} />;
    case 'dates':
      return <DatesForm filter={filter} {...rest} />;
    case 'numbers':
      return <NumbersForm filter={filter} {...rest} />;
    default:
      return <TextForm filter={filter} {...rest} />;
  }
}

function TextForm({ filter, title, params, onChange }: Of<'text' | 'id' | 'number'>) {
  const id = useId();
  const [text, setText] = useState(params.get(filter.name) ?? '');
  return (
    <form className="stack tight" onSubmit={(event) => { event.preventDefault(); onChange({ [filter.name]: text.trim() || null }); }}>
      <div className="field">
        <label htmlFor={id} className="only-read">{title}</label>
        <input id={id} className="input" value={text} onChange={(event) => setText(event.target.value)} autoComplete="off"
          inputMode={filter.kind === 'number' ? 'numeric' : undefined} aria-describedby={`${id}-hint`} />
        {'hint' in filter && filter.hint && <span id={`${id}-hint`} className="hint">{filter.hint}</span>}
      </div>
      <Buttons clear={() => { setText(''); onChange({ [filter.name]: null }); }} />
    </form>
  );
}

function ChoiceForm({ filter, title, params, onChange }: Of<'choice'>) {
  const chosen = params.getAll(filter.name);
  const toggle = (value: string, on: boolean) => {
    if (!filter.many) return onChange({ [filter.name]: on ? value : null });
    const next = on ? [...chosen, value] : chosen.filter((other) => other !== value);
    onChange({ [filter.name]: next.length ? next : null });
  };
  return (
    <div className="stack tight" role="group" aria-label={title}>
      {filter.options.map(({ value, label }) => (
        <Choice key={value} label={label} checked={chosen.includes(value)} onChange={(on) => toggle(value, on)} />
      ))}
    </div>
  );
}

function NumbersForm({ filter, params, onChange }: Of<'numbers'>) {
  const id = useId();
  const [fromName, toName] = namesOf(filter) as [string, string];
  const [from, setFrom] = useState(params.get(fromName) ?? '');
  const [to, setTo] = useState(params.get(toName) ?? '');
  return (
    <form className="stack tight" onSubmit={(event) => { event.preventDefault(); onChange({ [fromName]: from || null, [toName]: to || null }); }}>
      <div className="two">
        <div className="field"><label htmlFor={`${id}f`}>{t('filter.at_least')}</label><input id={`${id}f`} className="input" type="number" min={0} value={from} onChange={(event) => setFrom(event.target.value)} /></div>
        <div className="field"><label htmlFor={`${id}t`}>{t('filter.at_most')}</label><input id={`${id}t`} className="input" type="number" min={0} value={to} onChange={(event) => setTo(event.target.value)} /></div>
      </div>
      <Buttons clear={() => { setFrom(''); setTo(''); onChange({ [fromName]: null, [toName]: null }); }} />
    </form>
  );
}

const PRESETS = ['-1h', '-24h', '-7d', '-30d'] as const;

function DatesForm({ filter, params, onChange }: Of<'dates'>) {
  const id = useId();
  const utc = usePreferences().time_zone === 'UTC';
  const [fromName, toName] = namesOf(filter) as [string, string];
  const shown = (name: string) => {
    const at = instant(params.get(name) ?? '');
    return at ? toLocalInput(at, utc) : '';
  };
  return (
    <div className="stack tight">
      {/* A time to come has no "last 24 hours". */}
      {filter.name !== 'next_attempt_at' && (
        <div className="line wraps">
          {PRESETS.map((preset) => (
            <button key={preset} type="button" className="button little" aria-pressed={params.get(fromName) === preset}
              onClick={() => onChange({ [fromName]: preset, [toName]: null })}>{t(`filter.last${preset}`)}</button>
          ))}
        </div>
      )}
      <div className="field"><label htmlFor={`${id}f`}>{t('filter.from')}</label>
        <input id={`${id}f`} className="input" type="datetime-local" value={shown(fromName)} onChange={(event) => onChange({ [fromName]: fromLocalInput(event.target.value, utc) })} /></div>
      <div className="field"><label htmlFor={`${id}t`}>{t('filter.before')}</label>
        <input id={`${id}t`} className="input" type="datetime-local" value={shown(toName)} onChange={(event) => onChange({ [toName]: fromLocalInput(event.target.value, utc) })} /></div>
      <button type="button" className="button little plain start" onClick={() => onChange({ [fromName]: null, [toName]: null })}>{t('action.clear')}</button>
    </div>
  );
}

function Buttons({ clear }: { clear: () => void }) {
  return (
    <div className="line">
      <button type="submit" className="button little first">{t('action.apply')}</button>
      <button type="button" className="button little plain" onClick={clear}>{t('action.clear')}</button>
    </div>
  );
}
