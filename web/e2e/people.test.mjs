// Who may see and do what, the door of an identity provider, the whole way by keyboard alone, and the house on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, base, enter, inspect, launch, need, person, signIn, walk, watched } from './browser.mjs';

const port = Number(need('PORT'));
const account = { email: 'first@example.com', password: 'a long enough sentence' };
const PASSWORD = 'another long sentence';
const LONG = 'A very long subject '.repeat(99).trim();

let browser, admin;
const heading = (page, name) => page.getByRole('heading', { level: 1, name });

before(async () => {
  browser = await launch();
  admin = (await watched(await person(browser))).page;
});
after(() => browser?.close());

/** One whom the administrator has invited, in a browser of their own. */
async function invited(email, more) {
  const { status, json } = await ask(admin, 'POST', '/users', { email, ...more });
  assert.equal(status, 201);
  const { page } = await watched(await person(browser));
  await page.goto(`${base}/welcome#token=${json.invitation}`);
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password, again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await heading(page, 'Dashboard').waitFor();
  return page;
}

walk('a house with a connection and mail in every state', async () => {
  await enter(admin, account);
  const made = await ask(admin, 'POST', '/connections', { caption: 'Main', host: '127.0.0.1', port, encryption: 'none', send_from: 'shop@example.com', limits: { per_day: 50 } });
  assert.equal(made.status, 201);
  const later = new Date(Date.now() + 86_400_000).toISOString();
  const message = (name, more) => ({ to: [`${name}@example.org`], subject: `A letter to ${name}`, text: 'Good day.\n', html: '<p>Good <b>day</b>.</p>', ...more });
  const messages = [message('ann'), message('gone'), message('later'), message('doubt', { on_doubt: 'hold' }), message('long', { subject: LONG, send_at: later }), ...Array.from({ length: 40 }, (_, n) => message(`person${n}`, { send_at: later, tags: ['news'] }))];
  assert.equal((await ask(admin, 'POST', '/messages/batch', { messages })).status, 202);
  await admin.goto(`${base}/log`);
  for (const name of ['ann@', 'gone@', 'later@', 'doubt@']) await admin.getByRole('row').filter({ hasText: name }).getByText(/SUCCESS|FAIL/).waitFor();
});

walk('what is no value of a filter selects nothing, instead of everything', async () => {
  const mail = admin.getByRole('row').filter({ hasText: '@example.org' });
  for (const [path, value] of [['/queue?status=bogus', 'bogus'], ['/queue?attempts_from=x', '≥ x'], ['/queue?connection_id=abc', 'abc'], ['/log?status=fail&status=bogus', 'FAIL or bogus'], ['/log?attempted_at_from=foo', 'from foo']]) {
    await admin.goto(base + path);
    await admin.getByRole('group', { name: 'Active filters' }).getByText(value, { exact: true }).waitFor();
    await admin.getByText('This could not be loaded.').waitFor();
    assert.equal(await mail.count(), 0);
  }
  await admin.goto(`${base}/queue?status=&email=%20`);
  await mail.first().waitFor();
  assert.equal(await admin.getByRole('group', { name: 'Active filters' }).count(), 0);
});

for (const [width, height] of [[1440, 900], [390, 844]])
  walk(`a long subject hides neither the mail nor its buttons, ${width} px wide`, async () => {
    await admin.setViewportSize({ width, height });
    await admin.goto(`${base}/queue?email=long@example.org`);
    await admin.getByRole('row').filter({ hasText: 'long@' }).click();
    await admin.getByRole('dialog').getByText('Timeline').waitFor();
    const [body, foot] = await Promise.all(['.drawer-body', '.drawer-foot'].map((part) => admin.locator(part).boundingBox()));
    assert.ok(body.height > height / 2, `the mail has ${body.height} px`);
    assert.ok(foot.y + foot.height <= height, `the buttons end at ${foot.y + foot.height} px`);
    await admin.getByRole('definition').getByText(LONG, { exact: true }).waitFor();
    await inspect(admin, 'long-subject');
    await admin.setViewportSize({ width: 1440, height: 900 });
  });

walk('whoever saves too late is offered what the other one has left', async () => {
  const field = (name) => admin.getByRole('textbox', { name, exact: true });
  await admin.goto(`${base}/connections?open=1&edit=1`);
  await field('Caption').fill('Mine');
  assert.equal((await ask(admin, 'PATCH', '/connections/1', { send_from_name: 'The other' })).status, 200);
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await admin.getByText('what you have typed here is replaced').waitFor();
  await inspect(admin, 'stale');
  await admin.getByRole('button', { name: 'Load the present version' }).click();
  await admin.getByText('It was not saved.').waitFor({ state: 'detached' });
  assert.deepEqual([await field('Caption').inputValue(), await field('Send from name').inputValue()], ['Main', 'The other']);
  await field('Send from name').fill('');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await admin.getByRole('heading', { name: 'Main', exact: true }).waitFor();
});

/** What a page offers to do, by the names that the API's rights decide on. */
async function offered(page) {
  const has = async (path, ready, locate) => {
    await page.goto(base + path);
    await ready().waitFor();
    return (await locate().count()) > 0;
  };
  const row = (text) => page.getByRole('row').filter({ hasText: text }).first();
  const found = {
    marks: await has('/queue', () => row('person'), () => page.getByRole('checkbox')),
    pages: (await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link').allInnerTexts()).map((name) => name.replace(/\d+\+?$/, '').trim()),
    new_connection: await has('/connections', () => row('Main'), () => page.getByRole('link', { name: 'New connection' })),
    pause: (await page.getByRole('button', { name: 'Pause delivery' }).count()) > 0,
    grip: (await page.getByRole('button', { name: /^Place of Main/ }).count()) > 0,
    rules: await has('/connections?tab=rules', () => page.getByText('No rules').first(), () => page.getByRole('button', { name: 'Add rule' })),
  };
  await page.goto(`${base}/connections?open=1`);
  await page.getByRole('dialog').getByText('Settings').waitFor();
  found.test = (await page.getByRole('button', { name: 'Test connection' }).count()) > 0;
  found.edit = (await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).count()) > 0;
  await page.goto(`${base}/log`);
  await row('ann@').click();
  await page.getByRole('region', { name: 'SMTP conversation' }).waitFor();
  await page.getByRole('dialog').getByText('Timeline').waitFor();  // the email's story, by which it is seen to be finished
  found.send_again = (await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).count()) > 0;
  found.content = (await page.getByRole('button', { name: 'Show content' }).count()) > 0;
  await page.goto(`${base}/queue`);
  await row('person').click();
  await page.getByRole('dialog').getByText('Timeline').waitFor();
  found.act = (await page.getByRole('dialog').getByRole('button', { name: 'More actions' }).count()) > 0;
  return found;
}

const EVERYDAY = ['Dashboard', 'Queue', 'Mailing log', 'SMTP connections'];
const MANAGE = ['marks', 'new_connection', 'pause', 'grip', 'rules', 'test', 'edit', 'send_again', 'act'];
const rights = (pages, manage, content) => ({ pages, ...Object.fromEntries(MANAGE.map((name) => [name, manage])), content });

/** What the API says when it is asked for the same. */
const permitted = async (page) => ({
  manage: (await ask(page, 'POST', '/queue/actions', { action: 'hold', ids: [], filter: { email: 'nobody@example.org' }, dry_run: true })).status !== 403,
  admin: (await ask(page, 'GET', '/users')).status === 200,
});

for (const [email, given, expected] of [
  ['viewer@example.com', { role: 'viewer' }, rights(EVERYDAY, false, false)],
  ['reader@example.com', { role: 'viewer', content: true }, rights(EVERYDAY, false, true)],
  ['operator@example.com', { role: 'operator' }, rights(EVERYDAY, true, false)],
])
  walk(`${email} is offered what the API permits, and no more`, async () => {
    const page = await invited(email, given);
    assert.deepEqual(await offered(page), expected);
    assert.deepEqual(await permitted(page), { manage: expected.act, admin: false });
    const message = await page.evaluate(async () => (await (await fetch('/api/v1/log?email=ann@example.org')).json()).items[0].message_id);
    const content = await page.evaluate(async (id) => (await fetch(`/api/v1/messages/${id}/content`)).status, message);
    assert.equal(content, expected.content ? 200 : 403);
    if (expected.content) {
      await page.goto(`${base}/log?email=ann@example.org`);
      await page.getByRole('row').filter({ hasText: 'ann@' }).click();
      await page.getByRole('button', { name: 'Show content' }).click();
      await page.getByText('Good day.').waitFor();
    }
    for (const path of ['/users', '/audit', '/settings', '/api-keys']) {
      await page.goto(base + path);
      await heading(page, 'You may not see this').waitFor();
    }
    await inspect(page, 'no-right');
    await page.context().close();
  });

walk('the administrator is offered everything', async () => {
  const { pages, ...rest } = await offered(admin);
  assert.deepEqual(pages, [...EVERYDAY, 'API keys', 'SMTP logins', 'Users and roles', 'Audit log', 'Settings']);
  assert.deepEqual(rest, (({ pages: _, ...all }) => all)(rights([], true, true)));
});

walk('a change of rights is felt at once', async () => {
  const page = await invited('demoted@example.com', { role: 'operator' });
  const { json } = await ask(admin, 'GET', '/users');
  const { id } = json.items.find(({ email }) => email === 'demoted@example.com');
  assert.equal((await ask(admin, 'PATCH', `/users/${id}`, { role: 'viewer' })).status, 200);
  await page.goto(`${base}/queue`);
  await heading(page, 'Sign in').waitFor();
  await page.context().close();
});

walk('whoever is signed out meanwhile is led to the door, and back to where he was', async () => {
  const email = 'interrupted@example.com';
  const page = await invited(email, { role: 'operator' });
  const { id } = (await ask(admin, 'GET', '/users')).json.items.find((user) => user.email === email);
  const button = (name) => page.getByRole('button', { name });
  const ways = [
    ['/connections?new=1', async () => {
      await button('Another SMTP server').click();
      for (const [name, text] of [['Caption', 'Never made'], ['Host', '127.0.0.1'], ['Port', '25'], ['Send from', 'shop@example.com']]) await page.getByRole('textbox', { name, exact: true }).fill(text);
      return button('Create connection');
    }],
    ['/queue?email=person1@example.org', async () => {
      await page.getByRole('checkbox', { name: /person1@/ }).click();
      await button(/^Hold/).click();
      await page.getByText('1 email will change.').waitFor();
      return button('Hold 1 email');
    }],
    ['/log?email=ann@example.org', async () => {
      await page.getByRole('row').filter({ hasText: 'ann@' }).waitFor();
      return button(/^FAIL/).first();
    }],
  ];
  for (const [path, come] of ways) {
    await page.goto(base + path);
    const last = await come();
    // A change of rights ends the sessions, and the page is not asked.
    for (const role of ['viewer', 'operator']) assert.equal((await ask(admin, 'PATCH', `/users/${id}`, { role })).status, 200);
    const ended = page.getByText('Your session has ended.');
    // Whatever else the page asks for meanwhile leads to the door as well.
    await Promise.any([last.click({ timeout: 5_000 }), ended.waitFor()]);
    await ended.waitFor();
    assert.equal(await page.getByText('Authorization: Bearer').count(), 0);
    assert.ok(decodeURIComponent(new URL(page.url()).searchParams.get('next')).startsWith(path), page.url());
    if (path === ways[0][0]) await inspect(page, 'session-ended');
    await signIn(page, { email, password: PASSWORD });
    await page.waitForURL((url) => decodeURIComponent(url.href).startsWith(base + path));
    // A dialog that opens again hides the page from those who ask for roles.
    await page.locator('#content').waitFor();
  }
  await page.context().close();
});

walk('an identity provider opens the door to whom it knows', async () => {
  const { page, faults } = await watched(await person(browser));
  await page.goto(`${base}/queue`);
  await page.getByRole('link', { name: 'Sign in with The house' }).waitFor();
  await inspect(page, 'sign-in-oidc');
  await page.getByRole('link', { name: 'Sign in with The house' }).click();
  await heading(page, 'Dashboard').waitFor();
  await page.getByRole('button', { name: /Account operator@example\.com/ }).waitFor();
  await fetch(`${need('ISSUER')}/someone-else`);
  const other = await watched(await person(browser));
  await other.page.goto(`${base}/sign-in`);
  await other.page.getByRole('link', { name: 'Sign in with The house' }).click();
  await other.page.getByText('The identity provider did not let you in.').waitFor();
  await inspect(other.page, 'oidc-refused');
  for (const one of [faults, other.faults]) one.splice(0, one.length, ...one.filter((fault) => !fault.startsWith(`request: ${need('ISSUER')}/`)));
  await other.page.context().close();
  await page.context().close();
});

/** Goes on with Tab until the focus is on what is called so. */
async function tabTo(page, name, key = 'Tab') {
  const passed = [];
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press(key);
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      const label = one?.labels?.[0]?.textContent ?? '';
      return `${one?.getAttribute('aria-label') ?? ''}|${label}|${one?.textContent?.slice(0, 200) ?? ''}|${one?.getAttribute('placeholder') ?? ''}`.trim();
    });
    if (name.test(at)) return;
    passed.push(at);
  }
  assert.fail(`Tab never came to ${name}; it passed ${passed.slice(0, 40).join(' → ')}`);
}

walk('the whole way by keyboard alone', async () => {
  const { page } = await watched(await person(browser));
  const keys = page.keyboard;
  await page.goto(`${base}/queue`);
  await page.getByLabel('Email').waitFor();
  await keys.type(account.email);
  await keys.press('Tab');
  await keys.type(account.password);
  await keys.press('Enter');
  await heading(page, 'Queue').waitFor();
  await page.getByRole('row').filter({ hasText: 'person' }).first().waitFor();
  // Into the list, mark two rows, hold them.
  await keys.press('/');
  await keys.type('person3');
  await page.getByText('11 emails').waitFor();
  await tabTo(page, /^\|\|.*person3\d?@/);
  await keys.press('x');
  await keys.press('ArrowDown');
  await keys.press('Space');
  await page.getByText('2 selected').waitFor();
  await tabTo(page, /Hold…/, 'Shift+Tab');
  await keys.press('Enter');
  await page.getByText('2 emails will change.').waitFor();
  await tabTo(page, /^\|Reason\|/);
  await keys.type('by keyboard');
  await tabTo(page, /Hold 2 emails/);
  await keys.press('Enter');
  await page.getByText('2 emails changed.').waitFor();
  // Open one, release it from its drawer, come back to its row.
  await page.getByRole('row').getByText('Held', { exact: true }).nth(1).waitFor();
  await tabTo(page, /^\|\|.*person3\d?@.*Held/);
  await keys.press('Enter');
  await page.getByRole('dialog').getByText('Timeline').waitFor();
  await tabTo(page, /Release…/);
  await keys.press('Enter');
  await page.getByText('1 email will change.').waitFor();
  await tabTo(page, /Release 1 email/);
  await keys.press('Enter');
  await page.getByText('1 email changed.').waitFor();
  await keys.press('Escape');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'row');
  // To the log by the palette, a filter in a column's head, an attempt's story.
  await keys.press('Control+k');
  await keys.type('mailing');
  await keys.press('Enter');
  await heading(page, 'Mailing log').waitFor();
  await page.getByRole('row').filter({ hasText: 'gone@' }).waitFor();
  await tabTo(page, /Filter by Status/);
  await keys.press('Enter');
  await tabTo(page, /^FAIL/);
  await keys.press('Space');
  await page.waitForURL(/status=fail/);
  await keys.press('Escape');
  await page.waitForFunction(() => /Filter by Status/.test(document.activeElement?.getAttribute('aria-label') ?? ''));
  await tabTo(page, /^\|\|.*@example\.org/);
  await keys.press('Enter');
  await page.getByRole('region', { name: 'SMTP conversation' }).waitFor();
  await keys.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'row');
  // A connection: test it, edit it.
  await keys.press('g');
  await keys.press('c');
  await heading(page, 'SMTP connections').waitFor();
  await page.getByRole('row').filter({ hasText: 'Main' }).waitFor();
  await tabTo(page, /^\|\|.*Main/);
  await keys.press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, /Test connection/);
  await keys.press('Enter');
  await page.getByText(/The connection works/).waitFor();
  await tabTo(page, /^\|\|Edit/);
  await keys.press('Enter');
  await tabTo(page, /^\|Caption\|/);
  await keys.press('Control+a');
  await keys.type('Renamed');
  await keys.press('Enter');
  await page.getByRole('heading', { name: 'Renamed', exact: true }).waitFor();
  await keys.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // And out.
  await tabTo(page, /Account first@/);
  await keys.press('Enter');
  await page.getByRole('menuitem', { name: 'Profile' }).waitFor();
  for (let n = 0; n < 3 && !(await page.evaluate(() => /Sign out/.test(document.activeElement?.textContent ?? ''))); n++) await keys.press('ArrowDown');
  await keys.press('Enter');
  await heading(page, 'Sign in').waitFor();
  await page.context().close();
});

// Each state that a page can be in, on a desk and on a phone: [name, path, how one comes there].
const row = (page, text) => page.getByRole('row').filter({ hasText: text }).first();
const STATES = [
  ['queue', '/queue', (page) => row(page, 'person').waitFor()],
  ['email', '/queue', async (page) => { await row(page, 'person').click(); await page.getByRole('dialog').getByText('Timeline').waitFor(); }],
  ['selected', '/queue', async (page) => { await page.getByRole('checkbox', { name: /person/ }).first().click(); await page.getByRole('toolbar').waitFor(); }],
  ['columns', '/queue', async (page, phone) => { await row(page, 'person').waitFor(); if (!phone) await page.getByRole('button', { name: 'Columns' }).click(); }],
  ['views', '/queue', async (page) => { await page.getByRole('button', { name: 'Views' }).click(); await page.getByLabel('Name of the view').waitFor(); }],
  ['filters', '/log', async (page, phone) => { await row(page, 'ann@').waitFor(); await page.getByRole('button', { name: phone ? 'Filters' : 'Filter by Attempt date' }).click(); await page.getByText('Last 24 hours').waitFor(); }],
  ['nothing-matches', '/log?email=nobody@example.org', (page) => page.getByText('Nothing matches these filters').waitFor()],
  ['attempt', '/log', async (page) => { await row(page, 'gone@').click(); await page.getByRole('region', { name: 'SMTP conversation' }).waitFor(); }],
  ['content', '/log', async (page) => { await row(page, 'ann@').click(); await page.getByRole('button', { name: 'Show content' }).click(); await page.getByRole('button', { name: 'HTML preview' }).click(); await page.frameLocator('.mail-frame').getByText('day').waitFor(); await page.locator('.mail-frame').scrollIntoViewIfNeeded(); }],
  ['connections', '/connections', (page) => row(page, 'Renamed').waitFor()],
  ['connection', '/connections?open=1', (page) => page.getByRole('dialog').getByText('Settings').waitFor()],
  ['connection-form', '/connections?new=1', async (page) => { await page.getByRole('button', { name: 'Amazon SES' }).click(); await page.getByText('More settings').click(); await page.getByRole('button', { name: 'Create connection' }).click(); await page.getByText('Fill in the part in braces.').first().waitFor(); }],
  ['pause', '/connections', async (page) => { await page.getByRole('button', { name: 'Pause delivery' }).click(); await page.getByRole('dialog').waitFor(); }],
  ['rule', '/connections?tab=rules', (page) => page.getByRole('button', { name: 'Add rule' }).click()],
  ['explained', '/connections?tab=explain', async (page) => { await page.getByLabel('Recipient').fill('ann@example.org'); await page.getByRole('button', { name: 'Explain', exact: true }).click(); await page.getByText('It would take').waitFor(); }],
  ['dashboard', '/dashboard?range=24h', (page) => page.getByRole('region', { name: 'SMTP connections' }).getByText('Renamed').waitFor()],
  ['bell', '/dashboard', async (page) => { await page.getByRole('button', { name: /News of delivery/ }).click(); await page.getByRole('dialog').waitFor(); }],
  ['palette', '/dashboard', async (page) => { await heading(page, 'Dashboard').waitFor(); await page.keyboard.press('Control+k'); await page.getByRole('combobox').fill('ann@example.org'); await page.getByRole('option').first().waitFor(); }],
  ['shortcuts', '/dashboard', async (page) => { await heading(page, 'Dashboard').waitFor(); await page.keyboard.press('?'); await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor(); }],
  ['users', '/users', (page) => row(page, 'viewer@').waitFor()],
  ['user', '/users', async (page) => { await page.getByRole('button', { name: 'Invite user' }).click(); await page.getByRole('dialog').getByLabel('Email').fill('no address'); await page.getByRole('dialog').getByRole('button', { name: 'Invite user' }).click(); await page.getByText('This is not an email address.').waitFor(); }],
  ['link', '/users', async (page, phone) => { const dialog = page.getByRole('dialog'); await page.getByRole('button', { name: 'Invite user' }).click(); await dialog.getByLabel('Email').fill(`new-${phone}@example.com`); await dialog.getByRole('button', { name: 'Invite user' }).click(); await page.getByText('Shown this once').waitFor(); }],
  ['key', '/api-keys', async (page) => { await page.getByRole('button', { name: 'New key' }).first().click(); await page.getByRole('dialog').waitFor(); }],
  ['audit', '/audit', (page) => row(page, 'queue.hold').waitFor()],
  ['settings', '/settings', (page) => page.getByLabel(/A session ends/).waitFor()],
  ['profile', '/profile', (page) => page.getByLabel('Language').waitFor()],
  ['not-found', '/nowhere', (page) => heading(page, 'There is no such page').waitFor()],
];

for (const width of [1440, 390])
  walk(`every state is clean, ${width} px wide`, async () => {
    const { page } = await watched(await person(browser, width === 390 ? { viewport: { width: 390, height: 844 }, hasTouch: true } : {}));
    await page.goto(`${base}/dashboard`);
    await signIn(page, account);
    await heading(page, 'Dashboard').waitFor();
    const found = [];
    for (const [name, path, come] of STATES) {
      await page.goto(base + path);
      try {
        await come(page, width === 390);
        await inspect(page, `state-${name}`);
      } catch (error) {
        found.push(`${name}: ${error.message}`);
      }
    }
    assert.deepEqual(found, []);
    await page.context().close();
  });
