// From an empty house to a message in the log, as its first administrator does it; then every page in both themes and
// both widths. The tests stand on each other, in this order.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { ask, base, complaints, launch, need, person as browserOf, shot, walk, watched } from './browser.mjs';

const token = need('TOKEN');
const [captureHost, capturePort] = need('CAPTURE').split(':');
const person = { email: 'first@example.com', password: 'a long enough sentence' };

let browser, page;
const heading = (name) => page.getByRole('heading', { level: 1, name });
const button = (name) => page.getByRole('button', { name });

before(async () => {
  browser = await launch();
  ({ page } = await watched(await browserOf(browser)));
});
after(() => browser?.close());

walk('a house without accounts says where the first link is', async () => {
  await page.goto(`${base}/queue`);
  await heading('Welcome to Postroom').waitFor();
});

walk('the one-time link makes the first account and opens the door', async () => {
  await page.goto(`${base}/welcome#token=${token}`);
  await heading('Create the first account').waitFor();
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('New password', { exact: true }).fill(person.password);
  await page.getByLabel('New password, again').fill('something else');
  await button('Set password and sign in').click();
  await page.getByText('The two are not the same.').waitFor();
  await page.getByLabel('New password, again').fill(person.password);
  await button('Set password and sign in').click();
  await heading('Dashboard').waitFor();
});

walk('signing out and in again leads back to where one wanted to go', async () => {
  await button(/Account/).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading('Sign in').waitFor();
  await page.goto(`${base}/log?status=fail`);
  await heading('Sign in').waitFor();
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill('wrong wrong wrong');
  await button('Sign in').click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(person.password);
  await button('Sign in').click();
  await heading('Mailing log').waitFor();
  assert.match(page.url(), /\/log\?status=fail$/);
});

walk('a connection is tested, and says what to do when it fails', async () => {
  await page.goto(`${base}/connections`);
  await page.getByText('No connection yet').waitFor();
  await page.getByRole('link', { name: 'New connection' }).first().click();
  await button('Another SMTP server').click();
  await page.getByRole('textbox', { name: 'Caption', exact: true }).fill('Capture');
  await page.getByRole('textbox', { name: 'Host', exact: true }).fill(captureHost);
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill('1');
  await button('None').click();
  await page.getByRole('textbox', { name: 'Send from', exact: true }).fill('shop@example.com');
  await button('Test connection').click();
  await page.getByText('Failed at “Open TCP connection”').waitFor();
  await page.getByText('What to do:').waitFor();
  await page.getByText('Not reached').first().waitFor();
  await shot(page, 'test-failed');
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill(capturePort);
  await button('Test connection').click();
  await page.getByText(/The connection works/).waitFor();
  await button('Create connection').click();
  await page.getByRole('heading', { name: 'Capture' }).waitFor();
  await page.keyboard.press('Escape');
});

walk('the only connection can’t be switched off, and says why', async () => {
  const lever = page.getByRole('switch', { name: /^Capture enabled.*only connection/ });
  await lever.waitFor();
  await lever.click({ force: true });
  assert.equal(await lever.isChecked(), true);
});

walk('connections change their order by keys', async () => {
  const made = await ask(page, 'POST', '/connections', { caption: 'Second', host: captureHost, port: 2, encryption: 'none', send_from: 'b@example.com', priority: 500 });
  assert.equal(made.status, 201);
  await page.reload();
  await button(/Place of Second: 2/).focus();
  await page.keyboard.press('ArrowUp');
  await button(/Place of Second: 1/).waitFor();
  await button(/Place of Capture: 2/).focus();
  await page.keyboard.press('ArrowUp');
  await button(/Place of Capture: 1/).waitFor();
  // The page shows at once what the server has a moment later; mail sent before that would try Second first.
  const inOrder = async () => (await ask(page, 'GET', '/connections')).json.items.sort((one, other) => one.priority - other.priority).map(({ caption }) => caption).join();
  for (const end = Date.now() + 60_000; (await inOrder()) !== 'Capture,Second';) assert.ok(Date.now() < end, 'the server never got the order');
});

walk('an API key is shown once and opens the API', async () => {
  await page.goto(`${base}/api-keys`);
  await button('New key').first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('web shop');
  await button('Make key').click();
  const key = await page.locator('.secret code').innerText();
  await button('Done').click();
  const answer = await fetch(`${base}/api/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ to: ['ann@example.org'], subject: 'Your order', text: 'It is on its way.', html: '<p>It is on its <b>way</b>.</p>' }),
  });
  assert.equal(answer.status, 202);
});

walk('an SMTP login is bound to senders, shows its password once, and ends', async () => {
  await page.goto(`${base}/smtp-logins`);
  await button('New login').first().click();
  await page.getByLabel('User name').fill('printer');
  await page.getByLabel('Senders').fill('*@example.com\nann@example.net');
  await page.getByLabel('Emails in a day').fill('500');
  await button('Make login').click();
  assert.match(await page.locator('.secret code').innerText(), /^[A-Za-z0-9]{32}$/);
  await shot(page, 'smtp-login-made');
  await button('Done').click();
  const row = page.getByRole('row').filter({ hasText: 'printer' });
  await row.getByText('*@example.com, ann@example.net').waitFor();
  await row.getByText('500 a day').waitFor();
  await page.getByRole('switch', { name: 'Enable printer' }).click();
  await page.getByRole('switch', { name: 'Enable printer', checked: false }).waitFor();
  await button('More for printer').click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByLabel('Senders').fill('example.com');
  await button('Save').click();
  await page.getByText('At most 100 addresses such as ann@example.org, or domains as *@example.org.').waitFor();
  await page.getByLabel('Senders').fill('');
  await button('Save').click();
  await row.getByText('Any', { exact: true }).waitFor();
  await button('More for printer').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await button('Delete').click();
  await page.getByRole('heading', { name: 'No SMTP logins yet' }).waitFor();
});

walk('the message stands in the log, with its conversation, timeline and content', async () => {
  await page.goto(`${base}/log`);
  await page.getByRole('row').filter({ hasText: 'ann@example.org' }).getByText('SUCCESS').waitFor();
  await page.getByRole('row').filter({ hasText: 'ann@example.org' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your order' }).waitFor();
  await page.getByRole('region', { name: 'SMTP conversation' }).getByText(/^354 /).waitFor();
  await page.getByText('Attempt 1 over Capture').waitFor();
  await button('Show content').click();
  await page.getByText('It is on its way.').waitFor();
  await button('HTML preview').click();
  await page.frameLocator('.mail-frame').getByText('way').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Your order' }).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'row');
});

walk('many emails are held at once, after a look at how many', async () => {
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const message = (n) => ({ to: [`person${n}@example.org`], subject: `Letter ${n}`, text: 'x', send_at: later });
  await ask(page, 'POST', '/messages/batch', { messages: Array.from({ length: 30 }, (_, n) => message(n)) });
  await page.goto(`${base}/queue`);
  await page.getByText('30 emails').waitFor();
  await page.getByRole('checkbox', { name: /person\d+@/ }).first().click();
  await button('Select all 30 matching').click();
  await button('Hold…').click();
  await page.getByText('30 emails will change.').waitFor();
  await page.getByRole('textbox', { name: 'Reason' }).fill('end-to-end test');
  await button('Hold 30 emails').click();
  await page.getByText('30 emails changed.').waitFor();
  await page.getByRole('row').filter({ hasText: /person\d+@/ }).first().getByText('Held', { exact: true }).waitFor();
});

walk('filters live in the address, and can be saved as a view', async () => {
  await page.getByRole('searchbox').fill('person1');
  await page.waitForURL(/email=person1/);
  await page.getByText('11 emails').waitFor();
  await button('Views').click();
  await page.getByLabel('Name of the view').fill('Person 1');
  await button('Save this view').click();
  await page.getByText('is saved').waitFor();
  await page.goto(`${base}/queue`);
  await page.getByText('30 emails').waitFor();
  await button('Views').click();
  await page.getByRole('button', { name: 'Person 1', exact: true }).click();
  await page.getByText('11 emails').waitFor();
});

walk('the palette finds pages and mail', async () => {
  await page.goto(`${base}/dashboard`);
  await heading('Dashboard').waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('ann@example.org');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/log\?email=ann/);
  // Ids look alike, whatever they name.
  const { id, message_id: message } = await page.evaluate(async () => (await (await fetch('/api/v1/queue?limit=1')).json()).items[0]);
  for (const typed of [id, message]) {
    await page.goto(`${base}/dashboard`);
    await heading('Dashboard').waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type(typed);
    await page.getByRole('option', { name: `Open email ${id}` }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${base}/queue?open=${id}`);
    await page.getByRole('dialog').getByText('Timeline').waitFor();
  }
});

walk('German is one choice away', async () => {
  await page.goto(`${base}/profile`);
  await page.getByLabel('Language').selectOption('de');
  await heading('Profil').waitFor();
  await page.getByLabel('Sprache').selectOption('en');
  await heading('Profile').waitFor();
});

const PAGES = [
  ['dashboard', '/dashboard', 'Dashboard'],
  ['queue', '/queue', 'Queue'],
  ['log', '/log', 'Mailing log'],
  ['connections', '/connections', 'SMTP connections'],
  ['rules', '/connections?tab=rules', 'SMTP connections'],
  ['explain', '/connections?tab=explain', 'SMTP connections'],
  ['api-keys', '/api-keys', 'API keys'],
  ['smtp-logins', '/smtp-logins', 'SMTP logins'],
  ['users', '/users', 'Users and roles'],
  ['audit', '/audit', 'Audit log'],
  ['settings', '/settings', 'Settings'],
  ['profile', '/profile', 'Profile'],
];

for (const width of [1440, 390])
  for (const theme of ['light', 'dark'])
    walk(`axe finds nothing on any page, ${theme}, ${width} px wide`, async () => {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      const found = [];
      for (const [name, path, title] of PAGES) {
        await page.goto(base + path);
        await heading(title).waitFor();
        await page.waitForFunction(() => !document.querySelector('.bone'));
        for (const complaint of await complaints(page)) found.push(`${name}: ${complaint}`);
        if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${name}: wider than the screen`);
        await shot(page, `${name}-${theme}-${width}`);
      }
      assert.deepEqual(found, []);
    });
