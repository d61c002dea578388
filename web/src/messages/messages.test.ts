import { describe, expect, it } from 'vitest';
import { de } from './de';
import { en, type MessageKey } from './en';
import type { Plural } from './words';

const forms = (message: string | Plural) => (typeof message === 'string' ? [message] : Object.values(message) as string[]);
const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([gap]) => gap).sort();

describe('the German words', () => {
  it('fill the same gaps as the English ones', () => {
    for (const key of Object.keys(en) as MessageKey[])
      for (const form of forms(de[key])) if (key !== 'queue.all_selected') expect([key, gaps(form)]).toEqual([key, gaps(forms(en[key])[0]!)]);
  });
  it('have two forms, as the English ones, wherever a number bends what it counts', () => {
    // A number that is a name ("rule 3"), or stands before what does not change with it.
    const bendsNothing = [
      'connections.reply_rules', 'dashboard.held', 'dashboard.unknown', 'explain.rule', 'form.password_short', 'form.too_long', 'log.attempt_n', 'logins_page.a_day',
      'logins_page.a_minute', 'rules.down', 'rules.remove', 'rules.rule', 'rules.up', 'timeline.attempt',
    ];
    const plain = (Object.keys(en) as MessageKey[]).filter((key) => typeof en[key] === 'string' && gaps(en[key] as string).includes('{n}'));
    expect(plain.sort()).toEqual(bendsNothing);
  });
  it('leave nothing empty', () => {
    for (const message of Object.values(de)) for (const form of forms(message)) expect(form.trim()).not.toBe('');
  });
});
