import { describe, expect, it } from 'vitest';
import { shownSteps } from './testSteps';

const step = (name: 'resolve' | 'connect' | 'tls' | 'ehlo', ok = true) => ({ step: name, ok, duration_ms: 5, detail: 'd', advice: null });

describe('a connection test', () => {
  it('shows the failing step and, behind it, what was not reached', () => {
    const steps = shownSteps({ ok: false, steps: [step('resolve'), step('connect'), step('tls', false)] }, { encryption: 'tls', username: 'u', sends: false });
    expect(steps.map(({ step: name, state }) => `${name} ${state}`)).toEqual(['resolve ok', 'connect ok', 'tls failed', 'ehlo unreached', 'auth unreached', 'mail unreached']);
  });
  it('expects no TLS, sign-in or sending where there is none', () => {
    const steps = shownSteps({ ok: false, steps: [step('resolve', false)] }, { encryption: 'none', username: '', sends: true });
    expect(steps.map(({ step: name }) => name)).toEqual(['resolve', 'connect', 'ehlo', 'mail', 'send']);
  });
});
