// Fields that say what is wrong with them, beside themselves.
import { useEffect, useId, useRef, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react';
import { Wrong } from './kit';

interface Frame {
  label: ReactNode;
  hint?: ReactNode;
  error?: string;
}

function describe(id: string, { hint, error }: Pick<Frame, 'hint' | 'error'>) {
  return {
    'aria-invalid': error ? (true as const) : undefined,
    'aria-describedby': [hint && `${id}-hint`, error && `${id}-wrong`].filter(Boolean).join(' ') || undefined,
  };
}

function FieldFrame({ id, label, hint, error, children }: Frame & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      <Wrong id={`${id}-wrong`}>{error}</Wrong>
      {hint && <span className="hint" id={`${id}-hint`}>{hint}</span>}
    </div>
  );
}

export function TextField({ label, hint, error, className = '', ...rest }: Frame & InputHTMLAttributes<HTMLInputElement> & { ref?: React.Ref<HTMLInputElement> }) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error}>
      <input id={id} className={`input ${className}`} autoComplete="off" {...describe(id, { hint, error })} {...rest} />
    </FieldFrame>
  );
}

export function TextArea({ label, hint, error, ...rest }: Frame & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: React.Ref<HTMLTextAreaElement> }) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error}>
      <textarea id={id} className="input" {...describe(id, { hint, error })} {...rest} />
    </FieldFrame>
  );
}

export function SelectField({ label, hint, error, options, ...rest }: Frame & SelectHTMLAttributes<HTMLSelectElement> & {
  options: { value: string; label: string }[]; ref?: React.Ref<HTMLSelectElement>;
}) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error}>
      <select id={id} className="input" {...describe(id, { hint, error })} {...rest}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
    </FieldFrame>
  );
}

/**
 * Fields that stand folded away. A complaint about one of them unfolds it, with each try to save, and takes the focus
 * that a hidden field could not; that it is mended folds nothing away under the hands of who mends it.
 */
export function Fold({ title, wrong, tries, children }: { title: string; wrong: boolean; tries: number; children: ReactNode }) {
  const fold = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!wrong || !fold.current || fold.current.open) return;
    fold.current.open = true;
    if (document.activeElement?.getAttribute('aria-invalid') !== 'true') fold.current.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [wrong, tries]);
  return (
    <details className="more" ref={fold}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
