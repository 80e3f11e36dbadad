import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foreign, foreignPath, joined, own, Secrets, say } from '../../lib/models/index.ts';

/** Not a secret of anything. */
const SECRET = 'pa55 w/ord+&"<é>';

describe('text from elsewhere is masked', () => {
  const secrets = new Secrets([SECRET]);
  const basic = Buffer.from(`admin:${SECRET}`).toString('base64');

  for (const [what, form] of [
    ['as it is', SECRET],
    ['as base64', Buffer.from(SECRET).toString('base64')],
    ['within base64', Buffer.from(SECRET).toString('base64url')],
    ['escaped for a URL', encodeURIComponent(SECRET)],
    ['escaped for a URL in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['escaped for a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
    ['escaped for JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['escaped for XML', 'pa55 w/ord+&amp;&quot;&lt;é&gt;'],
  ] as const) {
    test(`a secret ${what}`, () => {
      assert.equal(secrets.text(say`it says ${foreign(`so: ${form}.`)}`), 'it says so: ***.');
    });
  }

  test('a secret in the base64 of user and password', () => {
    const shown = secrets.text(say`${foreign(`Basic ${basic}`)}`);
    const core = Buffer.from(SECRET).toString('base64').slice(3, 12);
    assert.match(shown, /^Basic \S*\*\*\*\S*$/);
    assert.ok(!Buffer.from(shown.slice(6), 'base64').toString().includes(SECRET));
    assert.ok(!shown.includes(core));
  });

  test('a secret that is cut in two at the end, or has its blanks taken out, is found first', () => {
    const text = secrets.text(say`${foreign(`${'x'.repeat(495)}${SECRET}`)}`);
    assert.equal(text, `${'x'.repeat(495)}***`);
    const blanks = new Secrets(['a  b']);
    assert.equal(blanks.text(say`${foreign('it is a  b.')}`), 'it is ***.');
  });
});

describe('text of our own is not', () => {
  for (const password of ['p', 'address', 'BMC', 'GET', 'ipmi', '***', '.', 'o', '1', 'redfish', 'Systems']) {
    test(`with the password ${password}`, () => {
      const secrets = new Secrets([password]);
      const path = foreignPath('/redfish/v1/Systems');
      const text = say`BMC ${own('10.0.0.1:443')}: GET ${path}: does not answer within ${10} s (ipmi/address)`;
      assert.equal(
        secrets.text(text),
        'BMC 10.0.0.1:443: GET /redfish/v1/Systems: does not answer within 10 s (ipmi/address)',
      );
    });
  }

  test('a short secret does not say where letters are missing in the words of others', () => {
    const secrets = new Secrets(['p']);
    const text = say`${joined([foreign('The password p is wrong, properly'), own('p')], '; ')}`;
    assert.equal(secrets.text(text), 'The password *** is wrong, properly; p');
  });

  test('a secret in a path is masked, the words of the standard are not', () => {
    const secrets = new Secrets(['Systems', 'hunter22']);
    assert.equal(
      secrets.text(say`${foreignPath('/redfish/v1/Systems/hunter22/x')}`),
      '/redfish/v1/Systems/***/x',
    );
  });

  test('without secrets nothing is', () => {
    assert.equal(new Secrets(['']).mask('all of it'), 'all of it');
  });
});
