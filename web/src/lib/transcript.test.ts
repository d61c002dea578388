import { expect, it } from 'vitest';
import { readTranscript } from './transcript';

it('tells who spoke, and what was a refusal', () => {
  expect(readTranscript('* connecting\nS: 220 ready\nC: EHLO me\nS: 550 5.1.1 no such user\n')).toEqual([
    { who: 'note', text: 'connecting', refusal: false },
    { who: 'them', text: '220 ready', refusal: false },
    { who: 'us', text: 'EHLO me', refusal: false },
    { who: 'them', text: '550 5.1.1 no such user', refusal: true },
  ]);
});
