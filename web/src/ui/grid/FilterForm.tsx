// The form of one filter, in a column's head and, on phones, in the sheet of all filters. Choices act at once; what is
// typed acts with Enter, with the button or when its field is left, so that a list isn't read anew with every letter.
import { useId, useState, type ReactNode } from 'react';
import { cleared, fromLocalInput, instant, namesOf, toLocalInput, type Filter } from '../../lib/filters';
import { t } from '../../lib/i18n';
import { usePreferences } from '../../lib/prefs';
import type { UrlChange } from '../../lib/url';
import { Choice } from '../kit';

interface Props<F extends Filter = Filter> {
  filter: F;
  title: string;
  params: URLSearchParams;
  onChange: (change: UrlChange) => void;
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

interface Writing {
  /** A value of the address as the field has it, and back; nothing goes away. */
  shown?: (value: string) => string;
  meant?: (text: string) => string | null;
}

/** What is typed into a filter's fields, under the address' names, until it is applied. */
function useDraft({ filter, params, onChange }: Pick<Props, 'filter' | 'params' | 'onChange'>, { shown = (value) => value, meant = (text) => text.trim() || null }: Writing = {}) {
  const names = namesOf(filter);
  const given = Object.fromEntries(names.map((name) => [name, shown(params.get(name) ?? '')]));
  const [draft, setDraft] = useState(given);
  // A chip, a preset or Back changes the address: the fields follow.
  const now = JSON.stringify(given);
  const [before, setBefore] = useState(now);
  if (now !== before) {
    setBefore(now);
    setDraft(given);
  }
  return {
    fieldOf: (name: string) => ({ value: draft[name] ?? '', onChange: (event: { target: { value: string } }) => setDraft({ ...draft, [name]: event.target.value }) }),
    // What nobody touched stays as the address has it: "-24h" stays that, and a time keeps its seconds.
    apply: () => {
      const touched = names.filter((name) => draft[name] !== given[name]);
      if (touched.length > 0) onChange(Object.fromEntries(touched.map((name) => [name, meant(draft[name]!)])));
    },
    clear: () => {
      setDraft(Object.fromEntries(names.map((name) => [name, ''])));
      onChange(cleared([filter]));
    },
  };
}

/** What was typed into a field is not lost when it is left. */
function DraftForm({ apply, children }: { apply: () => void; children: ReactNode }) {
  return <form className="stack tight" noValidate onBlur={(event) => event.target instanceof HTMLInputElement && apply()} onSubmit={(event) => { event.preventDefault(); apply(); }}>{children}</form>;
}

function TextForm({ filter, title, ...rest }: Of<'text' | 'id' | 'number'>) {
  const id = useId();
  const { fieldOf, apply, clear } = useDraft({ filter, ...rest });
  const hint = 'hint' in filter && filter.hint;
  return (
    <DraftForm apply={apply}>
      <div className="field">
        <label htmlFor={id} className="only-read">{title}</label>
        <input id={id} className="input" {...fieldOf(filter.name)} autoComplete="off" inputMode={filter.kind === 'number' ? 'numeric' : undefined} aria-describedby={hint ? `${id}-hint` : undefined} />
        {hint && <span id={`${id}-hint`} className="hint">{hint}</span>}
      </div>
      <Buttons clear={clear} />
    </DraftForm>
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

function NumbersForm({ filter, ...rest }: Of<'numbers'>) {
  const id = useId();
  const { fieldOf, apply, clear } = useDraft({ filter, ...rest });
  const [fromName, toName] = namesOf(filter) as [string, string];
  return (
    <DraftForm apply={apply}>
      <div className="two">
        <div className="field"><label htmlFor={`${id}f`}>{t('filter.at_least')}</label><input id={`${id}f`} className="input" type="number" min={0} {...fieldOf(fromName)} /></div>
        <div className="field"><label htmlFor={`${id}t`}>{t('filter.at_most')}</label><input id={`${id}t`} className="input" type="number" min={0} {...fieldOf(toName)} /></div>
      </div>
      <Buttons clear={clear} />
    </DraftForm>
  );
}

const PRESETS = ['-1h', '-24h', '-7d', '-30d'] as const;

function DatesForm({ filter, params, onChange }: Of<'dates'>) {
  const id = useId();
  const utc = usePreferences().time_zone === 'UTC';
  const { fieldOf, apply, clear } = useDraft({ filter, params, onChange }, {
    shown: (value) => {
      const at = instant(value);
      return at ? toLocalInput(at, utc) : '';
    },
    meant: (text) => fromLocalInput(text, utc),
  });
  const [fromName, toName] = namesOf(filter) as [string, string];
  return (
    <DraftForm apply={apply}>
      {/* A time to come has no "last 24 hours". */}
      {filter.name !== 'next_attempt_at' && (
        <div className="line wraps">
          {PRESETS.map((preset) => (
            <button key={preset} type="button" className="button little" aria-pressed={params.get(fromName) === preset}
              onClick={() => onChange({ [fromName]: preset, [toName]: null })}>{t(`filter.last${preset}`)}</button>
          ))}
        </div>
      )}
      <div className="field"><label htmlFor={`${id}f`}>{t('filter.from')}</label><input id={`${id}f`} className="input" type="datetime-local" {...fieldOf(fromName)} /></div>
      <div className="field"><label htmlFor={`${id}t`}>{t('filter.before')}</label><input id={`${id}t`} className="input" type="datetime-local" {...fieldOf(toName)} /></div>
      <Buttons clear={clear} />
    </DraftForm>
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
