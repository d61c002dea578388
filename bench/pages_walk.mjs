// The browser's half of bench/pages: opens lists, filters, sorts and scrolls them as a person would, and prints what that
// took as JSON. BASE_URL, EMAIL and PASSWORD say where and as whom; PLAN is the JSON of what to measure (bench/pages).
import fs from 'node:fs';
import { ask, base, launch, need, person, signIn } from '../web/e2e/browser.mjs';

const plan = JSON.parse(need('PLAN'));
const GUARD_MS = 60_000;
const PLACES = ['/dashboard', '/queue', '/log', '/connections', '/api-keys', '/smtp-logins', '/users', '/audit', '/settings', '/profile'];

/** Runs in the page before its own scripts: when rows were on the screen, and what each frame of a scroll showed. */
function probe() {
  const rowsNow = () => document.querySelectorAll('.grid-body .grid-row[data-row]');
  const inSight = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  // A task that a frame's callback has posted runs once the frame is drawn.
  const afterPaint = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(0);
  }));
  const when = (happened) => new Promise((done) => {
    const look = () => (happened() ? void afterPaint().then(done) : void requestAnimationFrame(look));
    look();
  });
  const freshRow = (old) => [...rowsNow()].some((row) => !old.has(row) && inSight(row));
  const settledEmpty = () => document.querySelector('.list .empty') ?? document.querySelector('.list-foot button');

  const sample = (frames) => {
    const scroller = document.querySelector('.scroller');
    const body = document.querySelector('.grid-body')?.getBoundingClientRect();
    if (!body) return;
    const box = scroller.getBoundingClientRect();
    const top = Math.max(body.top, document.querySelector('.grid-head').getBoundingClientRect().bottom);
    const bottom = Math.min(body.bottom, box.bottom);
    const rows = [...document.querySelectorAll('.grid-body .grid-row')].map((row) => ({ rect: row.getBoundingClientRect(), bone: row.ariaBusy === 'true' }))
      .filter(({ rect }) => rect.bottom > top && rect.top < bottom).sort((one, other) => one.rect.top - other.rect.top);
    let covered = top;
    let gap = 0;
    for (const { rect } of rows) {
      gap += Math.max(0, rect.top - covered);
      covered = Math.max(covered, rect.bottom);
    }
    gap += Math.max(0, bottom - covered);
    const bones = rows.filter(({ bone }) => bone).length;
    frames.push({ at: performance.now(), height: bottom - top, gap, rows: rows.length, bones });
  };

  globalThis.bench = {
    firstRows: null,
    /** From the click (or the call) to the first row that wasn't there before. */
    change(begin) {
      const old = new WeakSet(document.querySelectorAll('.grid-row'));
      let from = begin ? performance.now() : null;
      if (!begin) addEventListener('click', (event) => { from = event.timeStamp; }, { capture: true, once: true });
      performance.clearResourceTimings();
      begin?.();
      let found = 'rows';
      this.changing = when(() => from !== null && (freshRow(old) || (settledEmpty() && performance.now() - from > 20 && (found = 'none'))))
        .then((at) => ({ ms: at - from, found, pages: bench.apiTimes().length }));
    },
    /** What the server's pages of lists took, as the browser saw it. */
    apiTimes: () => performance.getEntriesByType('resource').filter(({ name }) => /\/api\/v1\/(queue|log)\?(?!limit=1$)/.test(name))
      .map((entry) => entry.responseEnd - entry.requestStart),
    scripts: () => performance.getEntriesByType('resource').filter(({ name }) => /\.js(\?|$)/.test(name))
      .map(({ name, encodedBodySize, startTime }) => ({ name: name.replace(/.*\//, ''), bytes: encodedBodySize, startTime })),
    lastInSight() {
      const bottom = document.querySelector('.scroller').getBoundingClientRect().bottom;
      return Math.max(0, ...[...rowsNow()].filter((row) => row.getBoundingClientRect().top < bottom).map((row) => Number(row.dataset.index) + 1));
    },
    watch() {
      const frames = [];
      let on = true;
      const look = () => { if (on) { sample(frames); requestAnimationFrame(look); } };
      requestAnimationFrame(look);
      this.unwatch = () => { on = false; return frames; };
    },
  };
  performance.setResourceTimingBufferSize(5000);
  addEventListener('DOMContentLoaded', () => void when(() => [...rowsNow()].some(inSight)).then((at) => { bench.firstRows = at; }));
}

const browser = await launch();
const door = await person(browser);
const first = await door.newPage();
await first.goto(`${base}/sign-in`);
await signIn(first, { email: need('EMAIL'), password: need('PASSWORD') });
await first.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
const storageState = await door.storageState();
const setPageSize = (page_size) => ask(first, 'PATCH', '/profile', { preferences: { page_size } });
await setPageSize(100);

/** A page in a browser that has never been here, but is signed in. */
async function visitor(more = {}) {
  const context = await person(browser, { storageState, ...more });
  await context.addInitScript(probe);
  const page = await context.newPage();
  page.setDefaultTimeout(GUARD_MS);
  return { context, page };
}

const rowsShown = async (page) => {
  await page.waitForFunction(() => globalThis.bench?.firstRows ?? null, null, { timeout: GUARD_MS });
  return page.evaluate(() => bench.firstRows);
};

/** CPU that the main threads of the tab have used (proc(5), schedstat): what a load would take of an idle machine. */
const cpuMs = (ids, others) =>
  ids.filter((id) => !others.has(id)).reduce((sum, id) => sum + Number(fs.readFileSync(`/proc/${id}/task/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);

async function timeLoads() {
  const found = {};
  for (const path of plan.loads) {
    const times = (found[path] = { cold: [], warm: [], cpu: [] });
    for (let round = 0; round < plan.rounds; round++) {
      const others = new Set(await renderers());
      const { context, page } = await visitor();
      for (const cache of ['cold', 'warm', 'warm']) {
        const before = cpuMs(await renderers(), others);
        await page.goto(base + path, { waitUntil: 'commit' });
        times[cache].push(await rowsShown(page));
        if (cache === 'warm') times.cpu.push(cpuMs(await renderers(), others) - before);
      }
      await context.close();
    }
  }
  return found;
}

async function timeClicks() {
  const found = {};
  const keep = (name, { ms }) => (found[name] ??= []).push(ms);
  for (let round = 0; round < plan.rounds; round++) {
    const { context, page } = await visitor();
    const click = async (name, target) => {
      await target.waitFor();
      await page.evaluate(() => bench.change());
      await target.click();
      keep(name, await page.evaluate(() => bench.changing));
    };
    const link = (name) => page.getByRole('navigation').first().getByRole('link', { name });
    await page.goto(`${base}/dashboard`);
    await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
    await page.waitForFunction(() => !document.querySelector('.bone'));
    await click('queue: first click on its link', link(/^Queue/));
    await click('log: first click on its link', link('Mailing log'));
    await click('queue: a further click on its link', link(/^Queue/));
    for (const status of ['Deferred', 'Held', 'All']) await click(`queue: click on ${status}`, page.getByRole('group', { name: 'Status' }).getByRole('button', { name: status, exact: true }));
    for (const column of ['Email', 'Attempts', 'Next attempt'])
      for (const direction of ['up', 'down']) await click(`queue: click on ${column}, ${direction}`, page.getByRole('columnheader', { name: column }).locator('button.sort'));
    await click('log: a further click on its link', link('Mailing log'));
    for (const status of ['FAIL', 'SUCCESS', 'All']) await click(`log: click on ${status}`, page.getByRole('group', { name: 'Status' }).getByRole('button', { name: status, exact: true }));
    for (const direction of ['up', 'down']) await click(`log: click on Attempted at, ${direction}`, page.locator('.grid-head button.sort').first());
    await context.close();
  }
  return found;
}

/** Every filter with every sort: the address changes as it does when a filter is set. */
async function timeFilters() {
  const { context, page } = await visitor();
  const found = {};
  const server = [];
  let shown = null;
  for (let round = 0; round < plan.filterRounds; round++)
    for (const { name, path, query } of plan.filters) {
      if (shown !== path) {
        await page.goto(base + path);
        await rowsShown(page);
        shown = path;
      }
      await page.evaluate((to) => bench.change(() => history.pushState(null, '', to)), `${path}?${query}`);
      (found[name] ??= []).push(await page.evaluate(() => bench.changing));
      server.push(...(await page.evaluate(() => bench.apiTimes())));
    }
  await context.close();
  return { found, server };
}

const pointAtList = async (page) => {
  const box = await page.locator('.scroller').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
};

async function wheelTo(page, rows, step) {
  for (const end = Date.now() + 5 * GUARD_MS; Date.now() < end;) {
    for (let turn = 0; turn < 5; turn++) await page.mouse.wheel(0, step);
    const at = await page.evaluate(() => bench.lastInSight());
    if (at >= rows) return at;
  }
  throw new Error(`row ${rows} never came`);
}

const summary = (frames) => ({
  frames: frames.length,
  blank: frames.filter(({ rows, height }) => rows === 0 && height > 0).length,
  gaps: frames.filter(({ gap }) => gap >= 1).length,
  worstGap: Math.max(0, ...frames.map(({ gap }) => gap)),
  bones: frames.filter(({ bones }) => bones > 0).length,
  onlyBones: frames.filter(({ bones, rows }) => rows > 0 && bones === rows).length,
  slowestFrame: Math.max(0, ...frames.slice(1).map(({ at }, index) => at - frames[index].at)),
});

async function watchScroll() {
  const found = {};
  for (const path of ['/queue', '/log']) {
    const { context, page } = await visitor();
    await page.goto(base + path);
    await rowsShown(page);
    await pointAtList(page);
    const watched = async (name, act) => {
      await page.evaluate(() => bench.watch());
      const begin = Date.now();
      await act();
      await page.waitForTimeout(200);
      found[`${path}: ${name}`] = { ...summary(await page.evaluate(() => bench.unwatch())), seconds: (Date.now() - begin) / 1000 };
    };
    await watched('wheel down to row 5,000', () => wheelTo(page, 5_000, 1_500));
    await watched('wheel back up to the top', async () => {
      while (await page.evaluate(() => document.querySelector('.scroller').scrollTop > 0)) await page.mouse.wheel(0, -3_000);
    });
    await watched('scroll bar thrown to the end and to the top, 20 times', async () => {
      for (let n = 0; n < 20; n++) {
        await page.evaluate((down) => { const scroller = document.querySelector('.scroller'); scroller.scrollTop = down ? scroller.scrollHeight : 0; }, n % 2 === 0);
        await page.waitForTimeout(120);
      }
    });
    await page.evaluate(() => document.querySelector('.scroller').scrollTo(0, 0));
    await page.locator('.grid-row[data-index="0"][data-row]').focus();
    await watched('PageDown, 150 times', async () => { for (let n = 0; n < 150; n++) await page.keyboard.press('PageDown'); });
    await watched('Home and End, 20 times', async () => { for (let n = 0; n < 20; n++) { await page.keyboard.press(n % 2 ? 'Home' : 'End'); await page.waitForTimeout(60); } });
    await context.close();
  }
  return found;
}

/** What the compositor really drew during a fast wheel: pictures of the screen, searched for strips without a mark. */
async function watchPictures() {
  const found = {};
  const { context: darkroom, page: reader } = await visitor();
  await reader.goto('about:blank');
  for (const path of ['/queue', '/log']) {
    const { context, page } = await visitor();
    await page.goto(base + path);
    await rowsShown(page);
    await pointAtList(page);
    const box = await page.locator('.scroller').boundingBox();
    const session = await context.newCDPSession(page);
    const pictures = [];
    session.on('Page.screencastFrame', ({ data, sessionId }) => {
      pictures.push(data);
      void session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
    });
    await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
    await wheelTo(page, 3_000, 2_500);
    await session.send('Page.stopScreencast');
    await context.close();
    const blanks = [];
    for (const picture of pictures) blanks.push(await reader.evaluate(blankShare, { picture, box }));
    found[path] = { pictures: blanks.length, blank: blanks.filter((share) => share > 0.9).length, partly: blanks.filter((share) => share > 0.15).length, worst: Math.max(0, ...blanks) };
  }
  await darkroom.close();
  return found;
}

/** The share of the list's height in which a picture shows neither a letter nor a skeleton nor a line. */
async function blankShare({ picture, box }) {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const scale = bitmap.width / innerWidth;
  const [left, top, width, height] = [box.x + 20, box.y + 40, box.width - 60, box.height - 42].map((length) => Math.round(length * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, left, top, width, height, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const STRIP = Math.round(48 * scale);
  let blank = 0;
  let strips = 0;
  for (let y = 0; y + STRIP <= height; y += STRIP, strips++) {
    let least = 255;
    let most = 0;
    for (let at = y * width * 4; at < (y + STRIP) * width * 4; at += 4) {
      least = Math.min(least, data[at + 1]);
      most = Math.max(most, data[at + 1]);
    }
    if (most - least < 4) blank += 1;
  }
  return blank / strips;
}

async function renderers() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

async function weigh(pageSize) {
  await setPageSize(pageSize);
  const found = {};
  for (const path of ['/queue', '/log']) {
    const before = new Set(await renderers());
    const { context, page } = await visitor();
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    await page.goto(base + path);
    await rowsShown(page);
    await pointAtList(page);
    found[path] = [];
    for (const rows of plan.weighAt) {
      const at = await wheelTo(page, rows, 2_500);
      await page.waitForTimeout(300);
      for (let n = 0; n < 2; n++) await session.send('HeapProfiler.collectGarbage');
      const { metrics } = await session.send('Performance.getMetrics');
      const metric = (name) => metrics.find((one) => one.name === name).value;
      found[path].push({ rows: at, heap: metric('JSHeapUsedSize'), nodes: metric('Nodes'), listeners: metric('JSEventListeners'), processes: (await renderers()).filter((id) => !before.has(id)) });
    }
    await context.close();
  }
  await setPageSize(100);
  return found;
}

async function weighScripts() {
  const found = {};
  for (const path of ['/sign-in', ...PLACES]) {
    const context = await person(browser, path === '/sign-in' ? {} : { storageState });
    await context.addInitScript(probe);
    const page = await context.newPage();
    await page.goto(base + path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    const headed = await page.evaluate(() => performance.now());
    await page.waitForFunction(() => !document.querySelector('.bone'));
    await page.waitForTimeout(500);
    const scripts = await page.evaluate(() => bench.scripts());
    const sum = (those) => those.reduce((bytes, script) => bytes + script.bytes, 0);
    found[path] = { first: sum(scripts.filter(({ startTime }) => startTime < headed)), all: sum(scripts), scripts };
    await context.close();
  }
  return found;
}

const parts = { scripts: weighScripts, loads: timeLoads, clicks: timeClicks, filters: timeFilters, scroll: watchScroll, pictures: watchPictures, weight: () => weigh(100), weight500: () => weigh(500) };
const result = {};
try {
  for (const [name, run] of Object.entries(parts)) {
    if (!plan.parts.includes(name)) continue;
    process.stderr.write(`${name}...\n`);
    result[name] = await run();
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(result));
