import { Check, CircleCheck, LoaderCircle, Minus, PlugZap, X } from 'lucide-react';
import type { UseMutationResult } from '@tanstack/react-query';
import type { TestReport } from '../../api/types';
import * as format from '../../lib/format';
import { speech, t, word } from '../../lib/i18n';
import { Failure, Note } from '../../ui/kit';
import { shownSteps } from './testSteps';

export interface Tested {
  report: TestReport;
  encryption: string;
  username: string;
  sentTo: string;
}

/** What is to be seen of a test, whatever it was asked with. */
type Test = Pick<UseMutationResult<Tested>, 'data' | 'error' | 'isPending' | 'isIdle'>;

export function TestButton({ test, onTest, first }: { test: Test; onTest: () => void; first?: boolean }) {
  const good = test.data?.report.ok && !test.isPending;
  return (
    <button type="button" className={`button ${good ? 'good' : first ? 'first' : ''}`} disabled={test.isPending} onClick={onTest}>
      {test.isPending ? <LoaderCircle className="spin" aria-hidden /> : good ? <CircleCheck aria-hidden /> : <PlugZap aria-hidden />}
      {test.isPending ? t('test.running') : t('test.run')}
      {good && <span className="only-read"> {t('test.good')}</span>}
    </button>
  );
}

const icons = { ok: Check, failed: X, unreached: Minus };
const tones = { ok: 'ok', failed: 'bad', unreached: '' };

export function TestPanel({ test }: { test: Test }) {
  return (
    <section className="part" aria-live="polite" aria-busy={test.isPending} aria-label={t('test.run')} hidden={test.isIdle}>
      {test.isPending && <Note tone="info" title={t('test.running')}>{t('test.patience')}</Note>}
      {test.error && <Failure error={test.error} title={t('test.not_run')} />}
      {test.data && <Report tested={test.data} />}
    </section>
  );
}

function Report({ tested: { report, sentTo, ...settings } }: { tested: Tested }) {
  const steps = shownSteps(report, { ...settings, sends: sentTo !== '' });
  const failed = steps.find((step) => step.state === 'failed');
  const total = report.steps.reduce((sum, step) => sum + step.duration_ms, 0);
  return (
    <div className="stack">
      {report.ok ? (
        <Note tone="ok" title={t('test.works', { time: format.milliseconds(total) })}>{sentTo ? t('test.sent', { to: sentTo }) : t('test.nothing_sent')}</Note>
      ) : (
        <Note tone="bad" title={t('test.failed_at', { step: failed ? word('step', failed.step) : '?' })}>
          <div className="mono wrap">{failed?.detail}</div>
          {failed && <p><b className="strong">{t('test.what_to_do')}</b> {(speech.get().language === 'en' && failed.advice) || t(`advice.${failed.step}`)}</p>}
        </Note>
      )}
      <ol className="trail">
        {steps.map((step) => {
          const Icon = icons[step.state];
          return (
            <li key={step.step}>
              <span className={`dot ${tones[step.state]}`} aria-hidden><Icon strokeWidth={3} /></span>
              <div className={step.state === 'unreached' ? 'unreached' : 'strong'}>{word('step', step.step)}<span className="only-read">: {t(`test.${step.state}`)}</span></div>
              <div className="aside">
                {step.state === 'unreached' ? t('test.unreached') : [step.state === 'failed' ? t('test.see_above') : step.detail, step.duration !== null && format.milliseconds(step.duration)].filter(Boolean).join(' · ')}
              </div>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
