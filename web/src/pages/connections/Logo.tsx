// A letter or two in a colour of its own, so that one finds a provider at a glance.
const colours: [RegExp, string, string][] = [
  [/amazon|ses/i, 'SES', '#a84e00'],
  [/gmail|google/i, 'G', '#b3261e'],
  [/microsoft|office|365|outlook/i, 'M', '#0a5fb4'],
  [/sendgrid/i, 'Sg', '#0b6a9c'],
  [/mailgun/i, 'Mg', '#b3123f'],
  [/postmark/i, 'Pm', '#7a6200'],
  [/brevo/i, 'B', '#067647'],
  [/mailjet/i, 'Mj', '#8a4b00'],
  [/sparkpost/i, 'Sp', '#b0410a'],
  [/zoho/i, 'Z', '#a3271f'],
  [/fastmail/i, 'F', '#32508c'],
  [/yandex/i, 'Y', '#b3261e'],
  [/icloud/i, 'iC', '#2b6cb0'],
  [/ovh/i, 'O', '#123f6d'],
];

export function Logo({ of }: { of: string }) {
  const [, letters, colour] = colours.find(([pattern]) => pattern.test(of)) ?? [null, '@', undefined];
  return <span className="logo" aria-hidden style={colour ? { background: colour } : undefined}>{letters}</span>;
}
