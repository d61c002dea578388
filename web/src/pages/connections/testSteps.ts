// The report of a connection test ends with the first failure; people also want to see what was not reached.
import type { TestReport, TestStep } from '../../api/types';

export type StepName = TestStep['step'];
export interface ShownStep {
  step: StepName;
  state: 'ok' | 'failed' | 'unreached';
  duration: number | null;
  detail: string;
  advice: string | null;
}

const ORDER: StepName[] = ['resolve', 'connect', 'tls', 'ehlo', 'auth', 'mail', 'send'];

interface Expectation {
  encryption: string;
  username: string;
  sends: boolean;
}

export function shownSteps(report: TestReport, { encryption, username, sends }: Expectation): ShownStep[] {
  const done = report.steps.map(({ step, ok, duration_ms, detail, advice }): ShownStep => ({ step, state: ok ? 'ok' : 'failed', duration: duration_ms, detail, advice }));
  const expected = ORDER.filter((step) => (step !== 'tls' || encryption !== 'none') && (step !== 'auth' || username !== '') && (step !== 'send' || sends));
  const reached = new Set(done.map(({ step }) => step));
  const rest = expected.filter((step) => !reached.has(step)).map((step): ShownStep => ({ step, state: 'unreached', duration: null, detail: '', advice: null }));
  return [...done, ...rest];
}
