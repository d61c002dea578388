// The report of a connection test ends with the first failure; people also want to see what was not reached.
import type { TestReport, TestStep } from '../../api/types';

export type StepName = TestStep['step'];
export interface ShownStep {
  step: StepName;
  state: 'ok' | 'failed' | 'unreached';
  duration: number | null;
  detail: string;
}

const ORDER: StepName[] = ['resolve', 'connect', 'tls', 'ehlo', 'auth', 'mail', 'send'];

interface Expectation {
  encryption: string;
  username: string;
  sends: boolean;
}

export function shownSteps(report: TestReport, { encryption, username, sends }: Expectation): ShownStep[] {
  const done = report.steps.map(({ step, ok, duration_ms, detail }): ShownStep => ({ step, state: ok ? 'ok' : 'failed', duration: duration_ms, detail }));
  const expected = ORDER.filter((step) => (step !== 'tls' || encryption !== 'none') && (step !== 'auth' || username !== '') && (step !== 'send' || sends));
  const reached = new Set(done.map(({ step }) => step));
  const rest = expected.filter((step) => !reached.has(step)).map((step): ShownStep => ({ step, state: 'unreached', duration: null, detail: '' }));
  return [...done, ...rest];
}

/** The server's words, and behind them what it says to do ("… . Check host and port, …"). */
export function wordsAndAdvice(detail: string): { words: string; advice: string | null } {
  const split = /^(.*?)\.? ((?:Check|Choose) [^]*)$/.exec(detail);
  return split ? { words: split[1]!, advice: split[2]! } : { words: detail, advice: null };
}
