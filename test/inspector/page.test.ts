import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Running } from '../endpoint/running-endpoint.ts';
import { until } from '../support/until.ts';
import { BrowserPage, SKIP } from './browser.ts';
import { startScene } from './scene.ts';

const SECRET = 'swordfish-7';
const PHONE = { width: 360, height: 740 };

// The page is what `lib/inspector/page` is bundled to.
// One test after the other, in one page: a browser costs a second of a core, and each page of it some more.
describe('the inspector in a browser', { skip: SKIP }, () => {
  let running: Running;
  let browser: BrowserPage;
  let page: Page;
  let password: string;
  let machine: string;
  let job: string;

  before(async () => {
    const scene = await startScene();
    ({ running, password } = scene);
    const made = await running.ok('POST', 'machines', { Name: 'web1', Workflow: 'base' });
    machine = String(made.Uuid);
    browser = await BrowserPage.open(running.endpoint.url);
    ({ page } = browser);
  });
  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await running?.[Symbol.asyncDispose]();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const shown = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const field = (name: string) => page.getByLabel(new RegExp(`^${name}`));

  test('a wrong password is told; the right one, by keyboard alone, leads to the plugins', async () => {
    await page.goto(`${running.endpoint.url}/ui`);
    await browser.accessible('login');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await shown('User or password is not right.');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Plugins', exact: true }).waitFor();
    await shown('Events: live');
    browser.forgive(403);
    assert.deepEqual(browser.complaints, []);
  });

  test('views are reached by keyboard, and what is read next is the view', async () => {
    await page.getByRole('link', { name: 'Live' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Live' }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'MAIN');
    assert.equal(await page.title(), 'Live - Inspector');
    await page.goBack();
    await page.getByRole('heading', { name: 'Plugins', exact: true }).waitFor();
  });

  test('plugins are shown as their processes are, with why one has failed', async () => {
    const row = page.getByRole('row', { name: /^gopher/ }).first();
    await row.getByText('running').waitFor();
    assert.match(await row.innerText(), /\d+\.\d MB/);
    const doomed = page.getByRole('row', { name: /^doomed/ });
    await doomed.getByText('failed').waitFor();
    await doomed
      .getByText(/config went wrong|exit|ended/)
      .first()
      .waitFor();
    await browser.accessible('plugins');
  });

  test('a plugin is stopped and started, also one that goes without an answer', async () => {
    await browser.show('plugins/plugin/gopher');
    await button('Stop gopher').click();
    await page.getByText('stopped').first().waitFor();
    await button('Start gopher').click();
    await page.locator('.head').getByText('running').waitFor();
  });

  test('what define says, documentation and content of a provider', async () => {
    await browser.show('plugins/provider/gopher');
    await shown('v1.2.3');
    const documentation = page.getByRole('region', { name: 'Documentation' });
    await documentation.getByRole('listitem').filter({ hasText: 'starts after a while' }).waitFor();
    const link = documentation.getByRole('link', { name: 'its home' });
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.equal(await page.getByRole('table', { name: 'Actions of gopher' }).getByRole('row').count(), 8);
    await browser.accessible('provider');
    await page.getByRole('link', { name: 'Content' }).click();
    await page.getByText('How often').click();
    await page.locator('details').getByText('from 1').waitFor();
    await shown('"maximum"');
    await browser.accessible('content');
    await page.getByRole('link', { name: 'define' }).click();
    await shown('"PluginVersion"');
  });

  test('a plugin is configured: values are checked, secrets are sealed, and it starts anew', async () => {
    await browser.show('plugins/plugin/gopher');
    await field('delay').fill('soon');
    await shown('Expected whole number, at least 0');
    await field('delay').fill('50');
    await field('password').fill(SECRET);
    assert.equal(await field('password').getAttribute('type'), 'password');
    await browser.accessible('plugin');
    await button('Save and start anew').click();
    await shown('Saved.');
    const params = await running.ok('GET', 'plugins/gopher/params');
    assert.equal(params.delay, 50);
    assert.deepEqual(Object.keys(params.password as object), ['Key', 'Nonce', 'Payload']);
    const opened = await running.ok('GET', 'plugins/gopher/params?decode=true');
    assert.equal(opened.password, SECRET);
    await shown('it stays as it is');
    await page.locator('.head').getByText('running').waitFor();
  });

  test('an action is run with what its form makes of the schemas', async () => {
    await browser.show('actions');
    await page.getByRole('link', { name: 'echo' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    await shown('Required');
    await field('text').fill('a text that is too long for it');
    await shown('Expected text, at most 20 characters');
    await field('text').fill('short');
    await page.getByText('6 optional params').click();
    assert.equal(await field('count').getAttribute('placeholder'), '3, the default');
    await field('flag').selectOption('true');
    await field('mode').selectOption('safe');
    assert.equal(await field('password').getAttribute('type'), 'password');
    await field('password').fill(SECRET);
    const ports = field('ports');
    await ports.fill('[1,\n 2 3]');
    await shown('Line 2, column 4: expected , or ]');
    await ports.fill('{}');
    await shown(/Expected list/);
    await ports.fill('[80, 443]');
    const labels = page.locator('.field').filter({ hasText: 'labels' });
    await labels.getByRole('button', { name: 'Fill in its members' }).click();
    assert.equal(await field('labels').inputValue(), '{\n  "color": "",\n  "size": 0\n}');
    await browser.accessible('action');
    await page.getByRole('button', { name: 'Run' }).click();
    const result = page.getByRole('region', { name: 'echo on web1' });
    await result.getByText(/^ok, \d/).waitFor();
    const answered = JSON.parse(await result.locator('pre').innerText());
    assert.deepEqual(answered.action.Params, {
      text: 'short',
      count: 3,
      flag: true,
      mode: 'safe',
      password: SECRET,
      ports: [80, 443],
      labels: { color: '', size: 0 },
    });
    assert.equal(answered.action.Model.Name, 'web1');
  });

  test('a run is copied as a command, without its secrets', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (as: string) => {
      await button(`Copy as ${as}`).click();
      let text = '';
      await until(async () => {
        text = String(await page.evaluate('navigator.clipboard.readText()'));
        return text.startsWith(as);
      }, `${as} in the clipboard`);
      return text;
    };
    const drpcli = await copied('drpcli');
    assert.match(
      drpcli,
      new RegExp(`^drpcli -E ${running.endpoint.url} machines runaction ${machine} echo `),
    );
    assert.match(drpcli, / ports '\[80,443\]' password '"<password>"' --plugin gopher$/);
    assert.match(await copied('drpkit'), /^drpkit -E /);
    const curl = await copied('curl');
    assert.match(curl, new RegExp(`/api/v3/machines/${machine}/actions/echo\\?plugin=gopher'$`));
    assert.doesNotMatch(drpcli + curl, new RegExp(SECRET));
  });

  test('a slow action, one that is cancelled, one that fails and one that ends its plugin', async () => {
    const run = async (command: string) => {
      await page.getByRole('link', { name: command, exact: true }).click();
      await page.getByRole('form', { name: command }).waitFor();
    };
    const go = () => page.getByRole('button', { name: 'Run' }).click();
    await run('slow');
    await field('ms').fill('300');
    await go();
    const slow = page.getByRole('region', { name: 'slow on web1' });
    await slow.getByText('running', { exact: true }).waitFor();
    await slow.getByText('ok, ').waitFor();
    await slow.locator('pre').getByText('done').waitFor();
    await run('hang');
    await go();
    await button('Cancel').click();
    await shown('Cancelled');
    await run('error');
    await go();
    await shown('BMC is away');
    await run('die');
    await go();
    await page.getByRole('region', { name: 'die on web1' }).getByRole('alert').waitFor();
    const history = page.getByRole('table', { name: /Actions that were run/ });
    assert.equal(await history.getByRole('row').count(), 6);
    await browser.accessible('history');
    // What was run is there again, but for its secrets.
    await history.getByRole('button', { name: 'echo' }).click();
    await button('Fill in again').click();
    await page.getByRole('form', { name: 'echo' }).waitFor();
    assert.equal(await field('text').inputValue(), 'short');
    assert.equal(await field('password').inputValue(), '');
    await browser.show('plugins');
    const row = page.getByRole('row', { name: /^gopher/ }).first();
    await row.getByText('out of cheese').waitFor();
    browser.forgive(404, 502);
    assert.deepEqual(browser.complaints, []);
  });

  test("a plugin's own action is on that plugin, unless another is chosen", async () => {
    // It was ended by its last action.
    await until(async () => {
      const processes = await running.call('GET', 'plugins', { base: '/ui/api/' });
      return JSON.stringify(processes.json).includes('"Name":"gopher","Provider":"gopher","State":"running"');
    }, 'the plugin to run again');
    await browser.show('actions/plugins/-/gopher/process');
    await page.getByRole('form', { name: 'process' }).getByRole('button', { name: 'Run' }).click();
    await page.getByRole('region', { name: 'process on gopher' }).getByText(/^ok, /).waitFor();
  });

  test('machines and plugins to try things with are made', async () => {
    await browser.show('actions');
    await button('Make another').click();
    await page.waitForFunction('/actions.machines.[0-9a-f-]{36}/.test(location.hash)');
    const made = String(await page.evaluate('location.hash.split("/")[3]'));
    assert.match(String((await running.ok('GET', `machines/${made}`)).Name), /^inspected-/);
    await browser.show('plugins/provider/gopher');
    await button('Make it').click();
    await page.getByLabel('Name').fill('second');
    await button('Make it').click();
    await page.getByRole('heading', { name: 'second' }).waitFor();
    await page.locator('.head').getByText('running').waitFor();
    // The view of an object that is deleted asks for it again, and is answered 404.
    await browser.show('plugins');
    const row = page.getByRole('row', { name: /^second/ });
    await row.waitFor();
    await running.ok('DELETE', 'plugins/second');
    await row.waitFor({ state: 'detached' });
    await running.ok('DELETE', `machines/${made}`);
  });

  test('events are filtered, held, and given to a plugin once more', async () => {
    await browser.show('live/events');
    await page.getByPlaceholder(/^Words/).fill('machines.create');
    const publish = (Key: string) =>
      running.ok('POST', 'events', { Type: 'cows', Action: 'moo', Key, Object: { n: 1 } }, 204);
    await publish('berta');
    await page.getByPlaceholder(/^Words/).fill('moo');
    const list = page.getByRole('listbox', { name: 'events' });
    await list.getByRole('option').filter({ hasText: 'berta' }).waitFor();
    assert.equal(await list.getByRole('option').count(), 1);
    await button('Pause').click();
    await publish('elsa');
    await shown('1 event, 1 more since');
    assert.equal(await list.getByRole('option').count(), 1);
    await button('Go on').click();
    await list.getByRole('option').filter({ hasText: 'elsa' }).waitFor();
    await list.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.locator('.detail').getByText('cows.moo.elsa').waitFor();
    await browser.accessible('events');
    await page.getByLabel('Replay to').selectOption('gopher');
    await button('Replay').click();
    await shown('gopher took it.');
    const seen = await running.ok('POST', 'system/actions/events?plugin=gopher', {}, 200);
    const elsa = (seen as unknown as { Key: string }[]).filter(({ Key }) => Key === 'elsa');
    assert.equal(elsa.length, 2, 'once as it happened, once more as it was told to');
  });

  test('the log is filtered', async () => {
    await browser.show('live/log');
    await page.getByLabel('Level').selectOption('info and above');
    await page.getByPlaceholder('Words').fill('cheese');
    const list = page.getByRole('listbox', { name: 'lines' });
    await list.getByRole('option').filter({ hasText: 'out of cheese' }).first().click();
    await page.locator('.detail pre').filter({ hasText: 'out of cheese' }).waitFor();
    await browser.accessible('log');
  });

  test('the traffic of a plugin is shown as it is on the wire, secrets masked', async () => {
    await browser.show('live/traffic/gopher');
    await page.getByLabel('From').selectOption('endpoint');
    await page.getByPlaceholder(/^Words/).fill('echo');
    const list = page.getByRole('listbox', { name: 'exchanges' });
    await list.getByRole('option').filter({ hasText: 'POST /api-plugin/v4/action' }).first().click();
    const detail = page.locator('.detail');
    await detail.getByText('"Command"').first().waitFor();
    const text = await detail.innerText();
    assert.match(text, /"text": "short"/);
    assert.doesNotMatch(text, new RegExp(SECRET));
    await browser.accessible('traffic');
  });

  test('ten thousand events do not hold it up', async () => {
    await browser.show('live/events');
    await page.getByPlaceholder(/^Words/).fill('flood');
    // As if they came by the socket, as quickly as it could bring them.
    const longest = await page.evaluate(`(async () => {
      let last = performance.now(), longest = 0, on = true;
      const frame = (now) => { longest = Math.max(longest, now - last); last = now; if (on) requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      const socket = sockets.at(-1);
      for (let at = 0; at < 10_000; at += 1) {
        const data = JSON.stringify({ Time: new Date().toISOString(), Type: 'flood', Action: 'drop', Key: 'k' + at,
          Principal: 'user:x', Object: { at, text: 'x'.repeat(500) }, Original: null });
        socket.dispatchEvent(new MessageEvent('message', { data }));
        if (at % 250 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      on = false;
      return longest;
    })()`);
    // Tenths of a second; a slow machine takes longer, and a page that draws all of them takes minutes.
    assert.ok(Number(longest) < 20_000, `no frame for ${longest} ms`);
    await shown('10,000 events');
    const list = page.getByRole('listbox', { name: 'events' });
    assert.ok((await list.getByRole('option').count()) < 60);
    // At the end, where the newest are.
    await list.getByRole('option').filter({ hasText: 'k9999' }).waitFor();
    await page.getByPlaceholder(/^Words/).fill('flood k1234 ');
    await shown('1 event');
    await button('Clear').click();
    await shown('No events yet that pass.');
  });

  test('objects are listed, and their params changed', async () => {
    await browser.show('objects');
    await page.getByRole('link', { name: 'web1' }).click();
    const set = async (name: string) => {
      await page.getByLabel('Set', { exact: true }).fill(name);
      await button('Set a param').click();
    };
    await set('labels');
    const editor = page.getByRole('form', { name: 'Param labels' });
    await field('labels').fill('{"color": }');
    await shown('Line 1, column 11: expected a value');
    await field('labels').fill('{"color": "red"}');
    await editor.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: '{"color":"red"}' }).waitFor();
    await set('password');
    await field('password').fill(SECRET);
    await button('Save').click();
    await page.getByRole('cell', { name: 'secret, set' }).waitFor();
    assert.equal(await running.ok('GET', `machines/${machine}/params/password?decode=true`), SECRET);
    await browser.accessible('params');
    await button('Change labels').click();
    await button('Remove').click();
    await page.getByRole('cell', { name: '{"color":"red"}' }).waitFor({ state: 'detached' });
  });

  test('the workflow of a machine is a picture, with where it is', async () => {
    const body = { Machine: machine };
    let made = await running.call('POST', 'jobs', { body });
    if (made.status === 204) made = await running.call('POST', 'jobs', { body });
    job = String((made.json as { Uuid: string }).Uuid);
    const state = (value: string) =>
      running.ok('PATCH', `jobs/${job}`, [{ op: 'replace', path: '/State', value }], 200);
    await state('running');
    await page.getByRole('link', { name: 'Workflow' }).click();
    await page
      .getByRole('img', { name: 'Workflow base: 2 stages; in stage discover, task inventory is current' })
      .waitFor();
    await browser.accessible('workflow');
  });

  test('the log of a job is shown as it grows', async () => {
    const write = (body: string) =>
      running.call('PUT', `jobs/${job}/log`, {
        body,
        headers: { 'Content-Type': 'application/octet-stream' },
      });
    await write('looking around\n');
    await page.getByRole('link', { name: 'Jobs' }).click();
    await browser.accessible('jobs');
    await page.getByRole('link', { name: 'inventory' }).click();
    await page.locator('pre').getByText('looking around').waitFor();
    await write('found a disk\n');
    await page.locator('pre').getByText('found a disk').waitFor();
    await running.ok('PATCH', `jobs/${job}`, [{ op: 'replace', path: '/State', value: 'finished' }], 200);
    await shown('The job is finished.');
    await browser.accessible('job');
  });

  test('it is as good in the dark and on a phone', async () => {
    const views = [
      'plugins',
      'plugins/plugin/gopher',
      'plugins/provider/gopher',
      `actions/machines/${machine}/gopher/echo`,
      'live/events',
      'live/log',
      'live/traffic/gopher',
      'objects/machines',
      `objects/machines/${machine}/workflow`,
    ];
    await browser.look({ ...PHONE, dark: true });
    for (const view of views) {
      await browser.show(view);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await browser.fits(view);
      await browser.accessible(`${view}, dark, on a phone`);
    }
    await browser.look();
  });

  test('events that were missed are told of, and what is shown is looked at again', async () => {
    await browser.show('objects');
    await page.getByRole('link', { name: 'web1' }).waitFor();
    await page.evaluate('sockets.at(-1).close()');
    await running.ok('POST', 'machines', { Name: 'web2' });
    await page.getByRole('link', { name: 'web2' }).waitFor();
    await shown('Events: live');
    await browser.show('live/events');
    await page.getByPlaceholder(/^Words/).fill('inspector.gap');
    await page.getByRole('option').filter({ hasText: 'inspector.gap' }).first().waitFor();
  });

  test('its token is changed for a new one while the page is open', async () => {
    const renewed = page.waitForResponse((response) => response.url().includes('/users/rocketskates/token'));
    await page.evaluate('hourly.forEach((act) => act())');
    const response = await renewed;
    assert.equal(response.status(), 200);
    assert.match((await response.request().headerValue('authorization')) ?? '', /^Bearer /);
    const { Token } = (await response.json()) as { Token: string };
    // Plugins are asked for again and again.
    const used = page.waitForRequest(
      async (request) => (await request.headerValue('authorization')) === `Bearer ${Token}`,
    );
    await browser.show('plugins');
    await used;
  });

  test('when its token ends, the login is back, and leads to the same view', async () => {
    await running.call('PUT', 'users/rocketskates/password', { body: { Password: 'another-1' } });
    await browser.show('objects/params');
    await shown(/^Log in again/);
    await page.getByLabel('Password').fill('another-1');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'count', exact: true }).waitFor();
    browser.forgive(403);
  });

  test('it has kept nothing in the browser, and asked nobody else', async () => {
    const kept = await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]');
    assert.deepEqual(kept, [0, 0, '']);
    assert.deepEqual(await page.context().cookies(), []);
    await button('Log out').click();
    await page.getByLabel('Password').waitFor();
    assert.deepEqual(browser.complaints, []);
  });
});
