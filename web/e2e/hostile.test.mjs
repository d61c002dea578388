// Every field that a stranger, a provider or a colleague fills is shown as text, wherever it is shown. Each hostile
// text calls ran() if it is taken for anything else. What it is shown from stands in tests/end_to_end/test_back_office.py.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { ask, base, enter, launch, need, person, shot, signIn, signOut, walk, watched } from './browser.mjs';

const { text, backwards } = JSON.parse(need('HOSTILE'));
const hostile = (field) => text.replaceAll('FIELD', field);
const reversed = (field) => backwards.replaceAll('FIELD', field);
const ports = JSON.parse(need('PORTS'));
const account = { email: 'first@example.com', password: 'a long enough sentence' };

let browser, page, faults;
const ran = [];
const button = (name) => page.getByRole('button', { name });

before(async () => {
  browser = await launch();
  const context = await person(browser);
  await context.exposeBinding('ran', (_, field) => void ran.push(field));
  ({ page, faults } = await watched(context));
});
after(() => browser?.close());

/** Everything the page says: its text, its fields' values and what it says to who points at it. */
const said = () => page.evaluate(() => [document.body.textContent, ...[...document.querySelectorAll('[title],input,textarea,option')].map((one) => `${one.title}\n${one.value ?? ''}`)].join('\n'));

/** Waits until all of these stand on the page as they were given, and that nothing else has become of them. */
async function shows(...texts) {
  for (const one of texts) {
    try {
      await page.waitForFunction((wanted) => {
        const said = [document.body.textContent, ...[...document.querySelectorAll('[title],input,textarea,option')].map((each) => `${each.title}\n${each.value ?? ''}`)].join('\n');
        // Within a sentence of ours, what turns the reading direction is made visible.
        return said.replaceAll('\u202e', '\ufffd').includes(wanted.replaceAll('\u202e', '\ufffd'));
      }, one);
    } catch {
      assert.fail(`not on ${page.url()}: ${one}\nit says: ${(await said()).replace(/\s+/g, ' ').slice(0, 900)}`);
    }
  }
  await clean();
}

/** No element came out of a text. */
async function clean() {
  const grown = await page.evaluate(() =>
    [...document.querySelectorAll('img:not([src="/favicon.svg"]),[onerror],[onload],script:not([src]),a[href^="javascript" i],iframe:not(.mail-frame)')].map((one) => one.outerHTML));
  assert.deepEqual(grown, []);
  assert.deepEqual(ran, [], 'a script ran');
}

walk('the trap works: an unprotected page runs the texts and calls elsewhere', async () => {
  const bare = await (await person(browser)).newPage();
  const caught = [];
  await bare.exposeBinding('ran', (_, field) => void caught.push(field));
  await bare.setContent(hostile('control') + need('BODY'));
  await bare.waitForFunction(() => !document.querySelector('img').naturalWidth);
  assert.ok(caught.includes('control') && caught.includes('script'), `ran: ${caught}`);
  await bare.context().close();
});

walk('the doors', async () => {
  await page.goto(`${base}/welcome#token=${encodeURIComponent(hostile('token'))}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await clean();
  await page.goto('about:blank');
  await enter(page, account);
  await signOut(page);
  for (const way of ['/sign-in?next=javascript:ran("next")', `/sign-in?error=${encodeURIComponent(hostile('error'))}`, `/#/sign-in?error=${encodeURIComponent(hostile('error'))}`, '/sign-in?next=//elsewhere.example/']) {
    await page.goto(base + way);
    await page.getByText('Sign in with').waitFor();
    await shows(reversed('oidc'));
  }
  await signIn(page, account);
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
});

walk('people, keys and views with hostile names', async () => {
  assert.equal((await ask(page, 'PATCH', '/profile', { name: reversed('me') })).status, 200);
  assert.equal((await ask(page, 'POST', '/users', { email: 'other@example.com', name: reversed('user'), role: 'viewer' })).status, 201);
  for (const list of ['queue', 'log'])
    assert.equal((await ask(page, 'PUT', `/profile/views/${list}/${encodeURIComponent("<img src=x onerror=ran('view')>")}`, { query: `email=${encodeURIComponent(hostile('query'))}`, columns: ['<script>', 'email'] })).status, 200);
  await page.goto(`${base}/users`);
  await shows(reversed('me'), reversed('user'));
  await page.getByRole('row').filter({ hasText: 'other@example.com' }).click();
  await page.getByRole('dialog').waitFor();
  await shows(reversed('user'));
  await page.goto(`${base}/profile`);
  await shows(reversed('me'));
  await button(/Account/).click();
  await shows(reversed('me'));
  await page.goto(`${base}/api-keys`);
  await shows(reversed('key'));
  await page.getByRole('button', { name: /^Revoke/ }).first().click();
  await page.getByRole('dialog').waitFor();
  await shows(reversed('key'));
});

walk('the dashboard, its banners, its bell and the palette', async () => {
  await page.goto(`${base}/dashboard`);
  await shows(reversed('caption'), reversed('other'), reversed('fallen'), reversed('pause-all'));
  await button(/News of delivery/).click();
  await shows(hostile('down'));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await shows(reversed('caption'), reversed('other'));
  await page.keyboard.type(`a@${hostile('typed')}`);
  await shows(`Attempts to a@${hostile('typed')}`);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/log\?email=/);
  await shows(`a@${hostile('typed')}`);
});

walk('the log and its drawer', async () => {
  await page.goto(`${base}/log`);
  await shows("<img/src='x'onerror='ran(1)'>", reversed('subject'), reversed('caption'), hostile('reply'));
  await button('Views').click();
  await shows("<img src=x onerror=ran('view')>");
  await page.getByRole('button', { name: "<img src=x onerror=ran('view')>", exact: true }).click();
  await page.waitForURL(/email=/);
  await shows(hostile('query'));
  for (const query of [`email=${encodeURIComponent(hostile('asked'))}`, `subject=${encodeURIComponent(hostile('asked'))}`, `reason=${encodeURIComponent(hostile('asked'))}`, `message_id=${encodeURIComponent(hostile('asked'))}`]) {
    await page.goto(`${base}/log?${query}`);
    await page.getByRole('group', { name: 'Active filters' }).waitFor();
    await shows(hostile('asked'));
  }
  await page.goto(`${base}/log?open=${encodeURIComponent(hostile('open'))}`);
  await page.getByRole('dialog').waitFor();
  await clean();
  await page.goto(`${base}/log`);
  await page.getByRole('row').filter({ hasText: 'refused@' }).click();
  await page.getByRole('region', { name: 'SMTP conversation' }).getByText(/^550/).waitFor();
  await shows(reversed('subject'), hostile('reply'), reversed('caption'));
  await shot(page, 'hostile-attempt');
});

walk('what a mail says', async () => {
  await page.goto(`${base}/log`);
  await page.getByRole('row').filter({ hasText: "<img/src=" }).click();
  await button('Show content').click();
  await shows(reversed('text'), hostile('file'));
  assert.doesNotMatch(await page.getByText(/octet-stream/).innerText(), /\u202e/, 'a file name may not read backwards');
  await button('HTML source').click();
  await shows("<script>ran('script')</script>");
  await button('Header').click();
  await shows(reversed('header'));
});

walk('an HTML mail can neither act, nor call home, nor leave its frame', async () => {
  await button('HTML preview').click();
  const frame = page.frameLocator('.mail-frame');
  await frame.getByText('The visible words.').waitFor();
  for (const link of ['here', 'new', 'top', 'script']) await frame.getByRole('link', { name: link }).click({ noWaitAfter: true, timeout: 2_000 }).catch(() => {});
  // A link replaces the frame's own document by nothing at most; the form is in a fresh one.
  await button('HTML source').click();
  await button('HTML preview').click();
  await frame.getByText('The visible words.').waitFor();
  await frame.getByRole('button', { name: 'Send' }).click({ noWaitAfter: true });
  await page.getByRole('dialog').waitFor();
  assert.match(page.url(), /\/log\?open=/);
  await clean();
  // These are the policy and the sandbox at work; what came of them is that nobody elsewhere was asked (the caller looks).
  const others = faults.splice(0).filter((fault) => !/^(policy|request): |^console: (Blocked|Unsafe attempt|Failed to load|Not allowed|Refused)/.test(fault));
  assert.deepEqual(others, []);
});

walk('the queue, its drawer and its dialogs', async () => {
  await page.goto(`${base}/queue`);
  await shows(reversed('subject'), reversed('act-reason'), hostile('reply'));
  await button('Columns').click();
  for (const column of ['Tags', 'Connection', 'Lane']) await page.getByRole('checkbox', { name: column, exact: true }).click();
  await page.keyboard.press('Escape');
  await shows(hostile('tag').slice(0, 60), reversed('caption'));
  await page.getByRole('row').filter({ hasText: 'held@' }).click();
  await page.getByText('Held by an operator').first().waitFor();
  await shows(reversed('subject'), reversed('act-reason'), hostile('tag').slice(0, 60), reversed('caption'));
  await button('More actions').click();
  await page.getByRole('menuitem', { name: /^Move/ }).click();
  await page.getByRole('dialog').last().getByRole('combobox').waitFor();
  await shows(reversed('caption'), reversed('other'));
});

walk('connections, their drawers, rules and explanations', async () => {
  await page.goto(`${base}/connections`);
  await shows(reversed('caption'), reversed('send_from_name'), reversed('username'), reversed('other'));
  for (const [caption, ...more] of [['caption', reversed('send_from_name')], ['fallen', hostile('down')], ['other', reversed('username'), hostile('ca_file').slice(0, 200)]]) {
    await page.goto(`${base}/connections`);
    await page.getByRole('row').filter({ hasText: `ran('${caption}')` }).click();
    await page.getByRole('dialog').waitFor();
    await shows(reversed(caption), ...more);
    await button('Edit').click();
    await page.getByRole('heading', { name: /^Edit/ }).waitFor();
    await shows(reversed(caption));
  }
  await page.goto(`${base}/connections`);
  await page.getByRole('row').filter({ hasText: "ran('other')" }).getByRole('button', { name: /^Actions/ }).click();
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  await page.getByRole('dialog').waitFor();
  await shows(reversed('other'));
  await page.goto(`${base}/connections?tab=rules`);
  await shows(hostile('rule-tag').slice(0, 60));
  await page.goto(`${base}/connections?tab=explain`);
  await page.getByLabel('Recipient').fill('ann@example.org');
  await button('Explain').last().click();
  await shows(reversed('caption'), reversed('fallen'), reversed('other'));
});

for (const step of ['ehlo', 'auth', 'mail', 'send', 'resolve'])
  walk(`the test panel repeats what a server says at ${step}`, async () => {
    await page.goto(`${base}/connections?new=1`);
    await button('Another SMTP server').click();
    await page.getByRole('textbox', { name: 'Caption', exact: true }).fill(hostile('form'));
    await page.getByRole('textbox', { name: 'Host', exact: true }).fill(step === 'resolve' ? "<img/src=x/onerror=ran('host')>" : '127.0.0.1');
    await page.getByRole('textbox', { name: 'Port', exact: true }).fill(String(ports[step] ?? 25));
    await button('None').click();
    if (step === 'auth' || step === 'mail' || step === 'send') {
      await page.getByRole('textbox', { name: 'Username', exact: true }).fill('user');
      await page.getByLabel('Password').fill('password');
    }
    await page.getByLabel('Send from', { exact: true }).fill('shop@example.com');
    if (step === 'send') {
      await button('Create connection').click();
      await page.getByRole('heading', { name: hostile('form') }).waitFor();
      await page.getByLabel('To this address').fill('ann@example.org');
    }
    await button('Test connection').click();
    if (step === 'resolve') await page.getByText(/Failed at|was not saved|not/).first().waitFor();
    else await shows(hostile(step));
    await clean();
  });

walk('the audit log, and addresses that are none of ours', async () => {
  await page.goto(`${base}/audit`);
  await shows(reversed('act-reason'), reversed('pause'), 'to ann@example.org');
  const answer = await page.goto(`${base}/${encodeURIComponent("<img src=x onerror=ran('path')>")}`);
  assert.match(answer.headers()['content-type'], /^application\/problem\+json/, 'a path that is not spelled plainly is no page');
  await clean();
});
