// One browser, axe, and a watch over what a page must never do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const need = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; see e2e/README.md`);
  return value;
};

export const base = need('BASE_URL');

let broken = '';

/** A test that stands on those before it: when one of them has failed, it would only say so again. */
export const walk = (name, run) =>
  test(name, async (context) => {
    if (broken) return context.skip(`after "${broken}"`);
    broken = name;
    try {
      await run(context);
      assert.deepEqual(watchedPages.flatMap(({ faults }) => faults.splice(0)), []);
    } catch (error) {
      for (const { page, faults, pending } of watchedPages.filter((one) => !one.page.isClosed())) {
        context.diagnostic(`${page.url()}: faults ${JSON.stringify(faults)}, waits for ${[...pending].map((request) => request.url())}, shows ${JSON.stringify(await shown(page))}`);
        await shot(page, `failed-${watchedPages.findIndex((one) => one.page === page)}`).catch(() => {});
      }
      throw error;
    }
    broken = '';
  });
const watchedPages = [];
const shown = (page) => page.locator('body').innerText({ timeout: 2_000 }).then((text) => text.slice(0, 1_000), String);

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-component-update'] });

export const person = (browser, more = {}) =>
  browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', colorScheme: 'light', ...more });

// What a browser says by itself of an answer that the page deals with: a wrong password, a refused test.
const ANSWERED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** A page that collects its faults: uncaught errors, the console's errors, dialogs, refusals of the policy, requests to other houses. */
export async function watched(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults = [];
  const pending = new Set();
  watchedPages.push({ page, faults, pending });
  for (const [event, keep] of [['request', 'add'], ['requestfinished', 'delete'], ['requestfailed', 'delete']]) page.on(event, (request) => pending[keep](request));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  // A form with something typed in asks before its page is left; a walk that leaves means it.
  page.on('dialog', (dialog) => {
    if (dialog.type() === 'beforeunload') return void dialog.accept();
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => faults.push(`popup: ${popup.url()}`));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Content-Security-Policy/i.test(text)) faults.push(`policy: ${text}`);
    else if (message.type() === 'error' && !ANSWERED.test(text)) faults.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== base) faults.push(`request: ${request.url()}`);
  });
  return { page, faults };
}

/** What slides or fades in has arrived: only then is it measured, and looked at. */
export const settled = (page) =>
  page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished.catch(() => {}))));

/** axe's complaints, short. It goes through the debugger, because the policy lets no script tag in. */
export async function complaints(page) {
  await settled(page);
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  const moves = await page.evaluate(() => matchMedia('(prefers-reduced-motion: reduce)').matches && [...document.querySelectorAll('*')].some((one) => parseFloat(getComputedStyle(one).transitionDuration) > 0));
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`),
    ...(moves ? ['something changes slowly though less motion is asked for'] : []),
  ];
}

export async function shot(page, name) {
  if (!process.env.SHOTS) return;
  await settled(page);
  await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

/** The API as the page's own scripts ask it; the answer's status and JSON. */
export const ask = (page, method, path, body) =>
  page.evaluate(async ([how, where, what]) => {
    const { csrf_token: csrf } = await (await fetch('/api/v1/session')).json();
    const answer = await fetch(`/api/v1${where}`, { method: how, headers: { 'content-type': 'application/json', 'X-CSRF-Token': csrf }, body: what && JSON.stringify(what) });
    const text = await answer.text();
    return { status: answer.status, json: text ? JSON.parse(text) : null };
  }, [method, path, body]);

/** axe's complaints about what is on the screen, in both themes, and whether it is wider than the screen; with its pictures. */
export async function inspect(page, name) {
  const { width } = page.viewportSize();
  const found = [];
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const complaint of await complaints(page)) found.push(`${name}, ${theme}, ${width}: ${complaint}`);
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${name}, ${width}: wider than the screen`);
    await shot(page, `${name}-${theme}-${width}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  assert.deepEqual(found, []);
}

/** The first account, by the one-time link. */
export async function enter(page, account) {
  await page.goto(`${base}/welcome#token=${need('TOKEN')}`);
  await page.getByLabel('Email').waitFor();
  // A browser says so, sooner or later, on a machine without the internet. The server is near all the same.
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await page.getByLabel('Email').fill(account.email);
  await page.getByLabel('New password', { exact: true }).fill(account.password);
  await page.getByLabel('New password, again').fill(account.password);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
}

export async function signIn(page, { email, password }) {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function signOut(page) {
  await page.getByRole('button', { name: /Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
}
