// The small parts that every page is made of.
import { Check, CircleAlert, CircleCheck, CircleX, Copy, Info, RotateCw, TriangleAlert, type LucideIcon } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import * as format from '../lib/format';
import { isMissing, messageOf } from '../lib/errors';
import { t, unturned } from '../lib/i18n';
import { say } from '../lib/toasts';

export type Tone = 'ok' | 'bad' | 'warn' | 'info' | '';

export function Tag({ tone = '', icon: Icon, spins, boxed, children, title }: {
  tone?: Tone; icon?: LucideIcon; spins?: boolean; boxed?: boolean; children: ReactNode; title?: string;
}) {
  return (
    <span className={`tag ${tone} ${boxed ? 'boxed' : ''}`} title={title}>
      {Icon && <Icon aria-hidden className={spins ? 'spin' : undefined} />}
      <span className="cut">{children}</span>
    </span>
  );
}

export function Tick({ label, checked, mixed, disabled, described, onChange }: {
  label: string; checked: boolean; mixed?: boolean; disabled?: boolean; described?: string; onChange: (checked: boolean, event?: Event) => void;
}) {
  return (
    <input type="checkbox" className="tick" aria-label={label} aria-describedby={described} checked={checked} disabled={disabled}
      ref={(box) => { if (box) box.indeterminate = !!mixed; }}
      onChange={(event) => onChange(event.target.checked, event.nativeEvent)} onClick={(event) => event.stopPropagation()} />
  );
}

export function Choice({ label, checked, disabled, hint, onChange }: {
  label: string; checked: boolean; disabled?: boolean; hint?: string; onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <label className="choice">
      <Tick label={label} checked={checked} disabled={disabled} described={hint && id} onChange={onChange} />
      {/* Read with the box, as its name and its description; not once more after it. */}
      <span aria-hidden>
        {label}
        {hint && <span className="hint"> · <span id={id}>{hint}</span></span>}
      </span>
    </label>
  );
}

/** `inert` says why it can't be switched: it keeps its place and its focus, and does nothing. */
export function Switch({ label, checked, inert, onChange }: {
  label: string; checked: boolean; inert?: string; onChange: (checked: boolean) => void;
}) {
  return (
    <input type="checkbox" role="switch" className="switch" aria-label={inert ? `${label}. ${inert}` : label} title={inert} checked={checked}
      aria-disabled={inert ? true : undefined} onChange={(event) => !inert && onChange(event.target.checked)} onClick={(event) => event.stopPropagation()} />
  );
}

export function Segments<Value extends string>({ label, value, options, onChange }: {
  label: string; value: Value | null; options: { value: Value; label: string; count?: string }[]; onChange: (value: Value) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
          {option.count && <span className="num phone-hide">{option.count}</span>}
        </button>
      ))}
    </div>
  );
}

const noteIcons: Record<Exclude<Tone, ''>, LucideIcon> = { ok: CircleCheck, bad: CircleX, warn: TriangleAlert, info: Info };

export function Note({ tone, title, children, action }: { tone: Exclude<Tone, ''>; title?: ReactNode; children?: ReactNode; action?: ReactNode }) {
  const Icon = noteIcons[tone];
  return (
    <div className={`note ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon aria-hidden />
      <div className="grow">
        {title && <b className="strong">{title}</b>}
        {children && <div className="soft">{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** A failed read, above what was read before. `missing` says what is not there, where one thing alone was asked for. */
export function Failure({ error, retry, title, missing }: { error: unknown; retry?: () => void; title?: string; missing?: string }) {
  const gone = isMissing(error);
  if (gone && missing) return <Note tone="warn">{missing}</Note>;
  return (
    <Note tone="bad" title={title ?? t('error.load')}
      action={retry && !gone && <button type="button" className="button little" onClick={retry}><RotateCw aria-hidden />{t('action.try_again')}</button>}>
      {messageOf(error)}
    </Note>
  );
}

export function Empty({ icon: Icon, title, children, action, whole }: { icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode; /** It is all there is on the page. */ whole?: boolean }) {
  const Title = whole ? 'h1' : 'h2';
  return (
    <div className="empty">
      <Icon aria-hidden />
      <Title>{title}</Title>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** A cell's text, as much of it as there is room for. Whoever wrote it can't turn its reading direction. */
export function cut(text: string | null | undefined, className = '') {
  if (!text) return <span className="faint">—</span>;
  const shown = unturned(text);
  return <div className={`cut ${className}`} title={shown}>{shown}</div>;
}

/** One line of a drawer's `facts`; text in it can't turn its reading direction, nor that of what stands beside it. */
export function Fact({ name, className, children }: { name: string; className?: string; children: ReactNode }) {
  return <><dt><bdi>{unturned(name)}</bdi></dt><dd className={className}>{typeof children === 'string' ? <bdi>{unturned(children)}</bdi> : children}</dd></>;
}

export function Time({ at, long }: { at: string | null | undefined; long?: boolean }) {
  if (!at) return <span className="faint">—</span>;
  return (
    <time className="num" dateTime={at} title={at}>
      {long ? format.dateTimeLong(at) : format.dateTime(at)}
    </time>
  );
}

export function CopyButton({ text, label, little }: { text: string; label?: string; little?: boolean }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2_000);
    } catch {
      say(t('error.copy'), 'bad');
    }
  };
  return (
    <button type="button" className={`button ${little ? 'little' : ''}`} onClick={copy}>
      {done ? <Check aria-hidden /> : <Copy aria-hidden />}
      {done ? t('action.copied') : (label ?? t('action.copy'))}
    </button>
  );
}

export function Meter({ label, used, limit }: { label: string; used: number; limit: number }) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  return (
    <div className={`meter ${share >= 1 ? 'bad' : share > 0.8 ? 'warn' : ''}`} role="meter" aria-label={label} aria-valuemin={0}
      aria-valuemax={limit} aria-valuenow={Math.min(used, limit)} aria-valuetext={t('limits.used_of', { used, limit })}>
      <i style={{ width: `${share * 100}%` }} />
    </div>
  );
}

export function Wrong({ id, children }: { id?: string; children?: ReactNode }) {
  if (!children) return null;
  return <span className="wrong" id={id} role="alert"><CircleAlert aria-hidden />{children}</span>;
}

export function PageHead({ title, help, children }: { title: string; help: ReactNode; children?: ReactNode }) {
  return (
    <div className="page-head">
      <div className="grow">
        <h1>{title}</h1>
        <p>{help}</p>
      </div>
      {children}
    </div>
  );
}

export function Bones({ page }: { page?: boolean }) {
  const bones = <><div className="bone tall" /><div className="bone huge" /></>;
  return page ? <div className="page" role="status" aria-label={t('status.loading')}>{bones}</div>
    : <div className="stack" role="status" aria-label={t('status.loading')}>{bones}</div>;
}
