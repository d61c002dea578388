// The way of an administrator through the house: second factor, connections that fail at each step, mail from the queue
// to the log, every act on it. The tests stand on each other, in this order.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs/promises';
import { after, before } from 'node:test';
import { ask, base, enter, inspect, launch, need, person, signIn, signOut, walk, watched } from './browser.mjs';

const ports = JSON.parse(need('PORTS'));
const pull = async (lever) => assert.equal((await fetch(`${need('LEVERS')}/${lever}`)).status, 200);
const account = { email: 'first@example.com', password: 'a long enough sentence' };

let browser, page, faults;
const button = (name, more) => page.getByRole('button', { name, ...more });
const field = (name) => page.getByRole('textbox', { name, exact: true });
const heading = (name) => page.getByRole('heading', { level: 1, name });
const row = (text) => page.getByRole('row').filter({ hasText: text });

before(async () => {
  browser = await launch();
  ({ page, faults } = await watched(await person(browser)));
});
after(() => browser?.close());

/** RFC 6238, of the step that lies so many steps from now. */
function totp(secret, steps = 0) {
  const bits = [...secret].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac('sha1', key).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

walk('the first account', async () => {
  await page.goto(base);
  await heading('Welcome to Postroom').waitFor();
  await inspect(page, 'first-run');
  await enter(page, account);
  await inspect(page, 'dashboard-empty');
  for (const [path, words] of [['queue', 'The queue is empty'], ['log', 'No attempts yet'], ['connections', 'No connection yet'], ['api-keys', 'New key'], ['smtp-logins', 'No SMTP logins yet']]) {
    await page.goto(`${base}/${path}`);
    await page.getByText(words).first().waitFor();
    await inspect(page, `${path}-empty`);
  }
});

walk('a second factor is set up, asked for, and replaced by a recovery code', async () => {
  await page.goto(`${base}/profile`);
  await button('Set up').click();
  await page.getByLabel('Your password').fill(account.password);
  await button('Go on').click();
  await page.getByText('Scan this').waitFor();
  await inspect(page, 'totp-secret');
  const secret = (await page.getByLabel('Secret', { exact: true }).innerText()).replaceAll(/\s/g, '');
  await page.getByLabel('Code of the app').fill('000000');
  await button('Confirm').click();
  await page.getByRole('alert').waitFor();
  // The step before now, so that signing in may use the present one: a code opens once.
  await page.getByLabel('Code of the app').fill(totp(secret, -1));
  await button('Confirm').click();
  const codes = await page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem').allInnerTexts();
  assert.equal(codes.length, 10);
  await inspect(page, 'recovery-codes');
  await button('Done').click();
  await page.getByText('Switch off two-factor sign-in').waitFor();
  await signOut(page);
  await signIn(page, account);
  await page.getByLabel('Code').fill('000000');
  await button('Sign in').click();
  await page.getByRole('alert').waitFor();
  await inspect(page, 'sign-in-code-wrong');
  await page.getByLabel('Code').fill(totp(secret));
  await button('Sign in').click();
  await heading('Dashboard').waitFor();
  await signOut(page);
  await signIn(page, account);
  await page.getByLabel('Code').fill(codes[4]);
  await button('Sign in').click();
  await heading('Dashboard').waitFor();
  await page.goto(`${base}/profile`);
  await button('Switch off two-factor sign-in').click();
  await page.getByRole('dialog').getByLabel('Your password').fill(account.password);
  await inspect(page, 'totp-off');
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off two-factor sign-in' }).click();
  await page.getByText('Two-factor sign-in is off.').waitFor();
});

async function settings({ host = '127.0.0.1', port, encryption = 'None', user, caption = 'Main' }) {
  await page.goto(`${base}/connections?new=1`);
  await button('Mailgun').click();
  assert.match(await field('Host').inputValue(), /mailgun/, 'a preset fills in what is known');
  await field('Caption').fill(caption);
  await field('Host').fill(host);
  await field('Port').fill(String(port));
  await button(encryption, { exact: true }).click();
  await field('Username').fill(user ? 'user' : '');
  if (user) await page.getByLabel('Password').fill('password');
  await field('Send from').fill('shop@example.com');
}

const FAILURES = [
  ['resolve', 'Resolve host name', { host: 'no-such-host.invalid', port: 25 }],
  ['connect', 'Open TCP connection', { port: ports.connect }],
  ['tls', 'Negotiate TLS', { port: ports.good, encryption: 'TLS (STARTTLS)' }],
  ['ehlo', 'Greeting and EHLO', { port: ports.ehlo }],
  ['auth', 'Sign in', { port: ports.auth, user: true }],
  ['mail', 'Check sender and recipient', { port: ports.mail }],
];
for (const [step, title, given] of FAILURES)
  walk(`a connection test fails at ${step}, and says so`, async () => {
    await settings(given);
    await button('Test connection').click();
    await page.getByText(`Failed at “${title}”`).waitFor();
    await page.getByText('What to do:').waitFor();
    if (step !== 'mail') await page.getByText('Not reached').first().waitFor();
    else assert.equal(await page.getByText('Not reached').count(), 0);
    if (['ehlo', 'auth', 'mail'].includes(step)) await page.getByText(`the words of ${step}`).first().waitFor();
    await inspect(page, `test-fails-${step}`);
  });

walk('one that works is created, and is the only one', async () => {
  await settings({ port: ports.good });
  await button('Test connection').click();
  await page.getByText(/The connection works/).waitFor();
  await inspect(page, 'test-works');
  await button('Create connection').click();
  await page.getByRole('heading', { name: 'Main' }).waitFor();
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Delete' });
  assert.equal(await remove.getAttribute('aria-disabled'), 'true');
  await page.getByText('This is the only connection').waitFor();
  await inspect(page, 'connection-drawer');
  await page.getByLabel('To this address').fill('tester@example.org');
  await button('Test connection').click();
  await page.getByText('A real message went to tester@example.org.').waitFor();
  await page.getByLabel('To this address').fill('unwanted@example.org');
  await button('Test connection').click();
  await page.getByText('Failed at “Send a message”').waitFor();
  await page.getByText('the words of send').first().waitFor();
  await inspect(page, 'test-fails-send');
  await page.keyboard.press('Escape');
  const lever = page.getByRole('switch', { name: /^Main enabled.*only connection/ });
  await lever.click({ force: true });
  assert.equal(await lever.isChecked(), true);
  assert.equal((await ask(page, 'PATCH', '/connections/1', { enabled: false })).json.code, 'last_connection');
});

walk('a connection’s reply rules and profile are edited', async () => {
  await page.goto(`${base}/connections?open=1&edit=1`);
  await page.getByText('What its replies mean').click();
  await page.getByLabel('Reply profile').selectOption('gmail');
  await button('Add rule').click();
  await button('Save').click();
  await page.getByText('else the rule fits every reply').waitFor();
  await inspect(page, 'reply-rules');
  await field('Name of the rule').fill('Full boxes');
  await field('Reply code').fill('552');
  await field('Text', { exact: true }).fill('mailbox full');
  await page.getByLabel('Whose matter it is').selectOption('recipient');
  await page.getByLabel('For how long').selectOption('permanent');
  await button('Save').click();
  await page.getByText('own reply rules: 1').waitFor();
  const saved = (await ask(page, 'GET', '/connections/1')).json;
  assert.equal(saved.profile, 'gmail');
  assert.deepEqual(saved.reply_rules, [{ name: 'Full boxes', stage: 'any', code: '552', text: 'mailbox full', scope: 'recipient', permanence: 'permanent' }]);
});

const send = async (to, more = {}) => {
  const { status, json } = await ask(page, 'POST', '/messages', { to: [to], subject: `To ${to}`, text: 'Good day.\n', ...more });
  assert.equal(status, 202);
  return json.emails[0].id;
};

walk('mail goes from the queue to the log while one looks on', async () => {
  await page.goto(`${base}/queue`);
  await page.getByText('The queue is empty').waitFor();
  const open = page.url();
  await send('slow@example.org');
  await row('slow@').getByText('Sending').waitFor();
  await inspect(page, 'queue-sending');
  await page.evaluate(() => { window.neverReloaded = true; });
  await pull('release');
  await page.getByText('The queue is empty').waitFor();
  await page.getByRole('link', { name: 'Mailing log', exact: true }).first().click();
  await row('slow@').getByText('SUCCESS').waitFor();
  await send('quick@example.org');
  await row('quick@').getByText('SUCCESS').waitFor();
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
  assert.match(open, /\/queue$/);
});

walk('the log is filtered, and what is filtered is exported', async () => {
  await send('gone@example.org');
  await row('gone@').getByText('FAIL').waitFor();
  await button('Filter by Status').click();
  await inspect(page, 'log-filter');
  await page.getByRole('checkbox', { name: 'FAIL' }).click();
  await page.keyboard.press('Escape');
  await page.waitForURL(/status=fail/);
  await page.getByText('1 attempt', { exact: true }).waitFor();
  const exported = async (kind) => {
    await button('Export').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: kind }).click()]);
    return fs.readFile(await download.path(), 'utf8');
  };
  const csv = (await exported(/CSV/)).trim().split('\r\n');
  assert.equal(csv.length, 2, csv.join('\n'));
  assert.match(csv[0], /^id,active_queue_id,/);
  assert.match(csv[1], /gone@example\.org/);
  const lines = (await exported(/JSON/)).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ email, status }) => [email, status]), [['gone@example.org', 'fail']]);
  await button('Reset').click();
  await row('quick@').waitFor();
  await row('gone@').click();
  await page.getByRole('region', { name: 'SMTP conversation' }).getByText(/^550/).waitFor();
  await inspect(page, 'attempt-drawer');
  await page.keyboard.press('Escape');
});

/** Marks these rows of the queue and chooses what happens to them. */
async function act(rows, action, confirm, reason) {
  await page.goto(`${base}/queue`);
  for (const one of rows) await page.getByRole('checkbox', { name: new RegExp(one) }).click();
  await page.getByRole('toolbar').getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: new RegExp(`^${action}`) }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await confirm?.(dialog);
  await dialog.getByText(`${rows.length} email${rows.length > 1 ? 's' : ''} will change.`).waitFor();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason ?? `because of ${action}`);
  await inspect(page, `act-${action.toLowerCase()}`);
  await dialog.getByRole('button', { name: new RegExp(`^${action}`) }).click();
  await page.getByText(`${rows.length} email${rows.length > 1 ? 's' : ''} changed.`).first().waitFor();
}

walk('every act on queued mail', async () => {
  await ask(page, 'POST', '/connections', { caption: 'Second', host: '127.0.0.1', port: ports.second, encryption: 'none', send_from: 'b@example.com', priority: 500 });
  const later = new Date(Date.now() + 86_400_000).toISOString();
  for (const name of ['ann', 'bo', 'cy', 'dee']) await send(`${name}@example.org`, { send_at: later });
  await act(['ann@', 'bo@'], 'Hold');
  await row('ann@').getByText('Held', { exact: true }).waitFor();
  await act(['ann@', 'bo@'], 'Release');
  await row('ann@').getByText('Scheduled', { exact: true }).waitFor();
  await act(['cy@'], 'Expire');
  await act(['dee@'], 'Delete');
  await page.getByText('2 emails', { exact: true }).waitFor();
  await act(['ann@', 'bo@'], 'Move', async (dialog) => dialog.getByLabel('Connection').selectOption({ label: 'Second' }));
  const late = await send('later@example.org', { connection_id: 1 });
  await page.goto(`${base}/queue`);
  await row('later@').getByText('Deferred', { exact: true }).waitFor();
  await act(['later@'], 'Retry now');
  await page.goto(`${base}/log?active_queue_id=${late}`);
  await row('later@').getByText('SUCCESS').waitFor();
  await row('later@').getByText('FAIL').waitFor();
});

walk('a doubt is settled, and finished mail sent again', async () => {
  const doubtful = await send('doubt@example.org', { on_doubt: 'hold' });
  await page.goto(`${base}/queue?open=${doubtful}`);
  const drawer = page.getByRole('dialog');
  await drawer.getByText('The provider’s last reply was lost').waitFor();
  await inspect(page, 'email-in-doubt');
  await drawer.getByRole('button', { name: /^Settle/ }).click();
  await page.getByRole('dialog').last().getByLabel('Status').selectOption('yes');
  await inspect(page, 'act-settle');
  await button(/^Settle 1 email/).click();
  await drawer.getByText('Accepted', { exact: true }).first().waitFor();
  await drawer.getByRole('button', { name: 'Send again' }).click();
  await inspect(page, 'send-again');
  await page.getByRole('dialog').last().getByRole('button', { name: 'Send again' }).click();
  await page.getByText(/in the queue again/).first().waitFor();
  await page.goto(`${base}/log?email=doubt@example.org`);
  await row('doubt@').getByText('SUCCESS').waitFor();
});

walk('what was done stands in the audit log, and is found there', async () => {
  await page.goto(`${base}/audit`);
  await row('because of Delete').waitFor();
  await button('Filter by Reason').click();
  await field('Reason').fill('OF MOVE');
  await button('Apply').click();
  await page.getByText('1 record', { exact: true }).waitFor();
  await row('queue.move').waitFor();
  await inspect(page, 'audit-filtered');
  await page.goto(`${base}/audit?by=first%40&action=connection.create&at_from=-1h`);
  await page.getByText('2 records', { exact: true }).waitFor();
  await page.goto(`${base}/audit?at_to=2020-01-01T00:00:00Z`);
  await page.getByText('Nothing matches these filters').waitFor();
  await inspect(page, 'audit-nothing');
});

walk('connections are dragged into another order', async () => {
  await page.goto(`${base}/connections`);
  await button(/Place of Second: 2/).dragTo(row('Main'));
  await button(/Place of Second: 1/).waitFor();
  await button(/Place of Main: 2/).waitFor();
  await page.waitForFunction(async () => (await (await fetch('/api/v1/connections')).json()).items[0].caption === 'Second');
  await button('Filter by Caption').click();
  await field('Caption').fill('sec');
  await button('Apply').click();
  await page.getByText('1 connection', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await button('Views').click();
  await page.getByLabel('Name of the view').fill('Second ones');
  await button('Save this view').click();
  await page.getByText('is saved').first().waitFor();
  await page.keyboard.press('Escape');
  await button('Reset').click();
  await page.getByText('2 connections', { exact: true }).waitFor();
  await button('Views').click();
  await button('Second ones', { exact: true }).click();
  await page.getByText('1 connection', { exact: true }).waitFor();
  await inspect(page, 'connections-filtered');
});

walk('the dashboard says how long mail took, over each connection', async () => {
  await page.goto(`${base}/dashboard`);
  const line = page.getByRole('region', { name: 'SMTP connections' }).getByRole('row').filter({ hasText: 'Main' });
  await line.getByText(/%/).waitFor();
  const cells = await line.getByRole('cell').allInnerTexts();
  const told = (await ask(page, 'GET', '/stats')).json.connections.find((one) => one.connection_id === 1);
  assert.ok(told.succeeded >= 4 && told.failed >= 1 && told.deferred >= 1, JSON.stringify(told));
  assert.equal(cells[2], String(told.succeeded));
  assert.equal(cells[3], String(told.failed));
  assert.equal(cells[4], String(told.deferred));
  await page.getByRole('button', { name: 'As a table' }).nth(1).click();
  await page.getByRole('region', { name: 'Until accepted' }).getByText(/\d\s(ms|s|secs?)$/).first().waitFor();
  await inspect(page, 'dashboard-as-table');
});

walk('a list that can’t be read says so above what it had, and tries again', async () => {
  await page.goto(`${base}/log`);
  await row('quick@').waitFor();
  const away = { status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'Unavailable', status: 503, code: 'unavailable', detail: 'The store is away for a moment.' }) };
  await page.route('**/api/v1/log?*', (route) => route.fulfill(away));
  await page.goto(`${base}/log?subject=To`);
  await page.getByText('The server can’t do this now. Try again later.').waitFor();
  await inspect(page, 'log-error');
  await page.unroute('**/api/v1/log?*');
  await button('Try again').click();
  await row('quick@').waitFor();
  faults.splice(0, faults.length, ...faults.filter((fault) => !/status of 503/.test(fault)));
});
