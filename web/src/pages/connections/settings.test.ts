import { describe, expect, it } from 'vitest';
import type { Connection } from '../../api/types';
import { asksPassword, blankRule, fromPreset, schema, toChanges, toCreate, toForm } from './settings';

const connection = {
  id: 3, version: 7, caption: 'SES', driver: 'smtp', host: 'smtp.example.com', port: 587, username: 'u', has_password: true, send_from: 'a@example.com',
  send_from_name: 'A', encryption: 'tls', enabled: true, priority: 10, weight: 1, limits: { per_day: 1000, per_second: null }, over_limit: 'wait', timezone: 'UTC',
  max_sessions: 4, max_messages_per_session: 100, auth: 'auto', verify_certificate: true, ca_file: '', on_doubt: 'retry', profile: 'auto', reply_rules: [{ stage: 'any', code: '550', scope: 'quota', permanence: 'transient', wait: 60 }],
} as unknown as Connection;

describe('a connection’s form', () => {
  it('sends only what was changed', () => {
    const values = { ...toForm(connection), caption: 'SES Frankfurt', limits: { ...toForm(connection).limits, per_day: '', per_hour: '50' } };
    expect(toChanges(values, connection)).toEqual({ caption: 'SES Frankfurt', limits: { per_second: null, per_minute: null, per_hour: 50, per_day: null, per_month: null } });
    expect(toChanges(toForm(connection), connection)).toEqual({});
  });
  it('asks for the password when it would go to a new place', () => {
    expect(asksPassword(toForm(connection), connection)).toBe(false);
    expect(asksPassword({ ...toForm(connection), caption: 'other' }, connection)).toBe(false);
    for (const change of [{ host: 'evil.example' }, { port: 25 }, { encryption: 'none' as const }, { username: 'v' }, { verify_certificate: false }, { ca_file: '/x' }])
      expect(asksPassword({ ...toForm(connection), ...change }, connection)).toBe(true);
    expect(asksPassword({ ...toForm(connection), host: 'new.example', password: 'again' }, connection)).toBe(false);
    expect(asksPassword({ ...toForm(connection), host: 'new.example' }, { ...connection, has_password: false })).toBe(false);
  });
  it('takes a preset, and insists that its open parts are filled in', () => {
    const preset = { id: 'ses', name: 'Amazon SES', host: 'email-smtp.{region}.amazonaws.com', port: 587, encryption: 'tls', username: '{smtp username}', hint: '' } as const;
    const values = { ...toForm(null), ...fromPreset(preset) };
    expect(values.username).toBe('');
    expect(schema().safeParse(values).success).toBe(false);
    expect(schema().safeParse({ ...values, host: 'email-smtp.eu-central-1.amazonaws.com' }).success).toBe(true);
  });
  it('refuses limits and ports that are none', () => {
    const values = { ...toForm(null), host: 'h.example' };
    expect(schema().safeParse({ ...values, port: '70000' }).success).toBe(false);
    expect(schema().safeParse({ ...values, limits: { ...values.limits, per_day: '0' } }).success).toBe(false);
    expect(schema().safeParse({ ...values, limits: { ...values.limits, per_day: '12' } }).success).toBe(true);
  });
  it('sends reply rules whole, without what they leave open', () => {
    const values = toForm(connection);
    values.reply_rules = [...values.reply_rules, { ...blankRule(), text: 'full', scope: 'recipient', permanence: 'permanent' }];
    expect(toChanges(values, connection)).toEqual({ reply_rules: [
      { stage: 'any', code: '550', scope: 'quota', permanence: 'transient', wait: 60 },
      { stage: 'any', text: 'full', scope: 'recipient', permanence: 'permanent' },
    ] });
  });
  it('refuses reply rules that fit everything, or no reply', () => {
    const withRule = (rule: object) => schema().safeParse({ ...toForm(null), host: 'h.example', reply_rules: [{ ...blankRule(), ...rule }] }).success;
    expect(withRule({})).toBe(false);
    for (const wrong of [{ code: '250' }, { code: '5' }, { enhanced: '5.7' }, { text: 'x', wait: '0' }]) expect(withRule(wrong)).toBe(false);
    for (const right of [{ code: '5xx' }, { enhanced: '*.2.2' }, { enhanced: '5.7.*', text: 'spam', wait: '90' }]) expect(withRule(right)).toBe(true);
  });
  it('creates without an empty password', () => {
    expect(toCreate({ ...toForm(null), host: 'h.example' })).not.toHaveProperty('password');
  });
});
