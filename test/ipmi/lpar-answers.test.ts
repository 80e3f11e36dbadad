import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cookies } from '../../cmd/ipmi/lpar/cookies.ts';
import { readXml, writeXml } from '../../cmd/ipmi/lpar/xml.ts';

test('XML is read without namespaces and attributes, and texts stay as they are', async () => {
  const text =
    '<?xml version="1.0"?><a xmlns="x"><b:c xmlns:b="y" d="1">007 &lt;&amp;</b:c><e/><f>1</f><f> two </f></a>';
  assert.deepEqual(await readXml(text), { a: { c: '007 <&', e: '', f: ['1', 'two'] } });
});

test('XML that is not well-formed, has entities of its own or is too deep is refused', async () => {
  for (const text of [
    'hello',
    '{"a": 1}',
    '<a><b></a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a>'.repeat(10_000) + '</a>'.repeat(10_000),
    '<__proto__><a>1</a></__proto__>',
  ]) {
    await assert.rejects(readXml(text), Error, text.slice(0, 50));
  }
});

test('texts are escaped when XML is written', async () => {
  assert.equal(
    await writeXml('Root', { '@version': 'V1_0', Text: '<a href="b">&\'', List: [{ Of: '1' }, { Of: '2' }] }),
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<Root xmlns="http://www.ibm.com/xmlns/systems/power/firmware/web/mc/2012_10/" version="V1_0">' +
      '<Text>&lt;a href=&quot;b&quot;&gt;&amp;&apos;</Text><List><Of>1</Of></List><List><Of>2</Of></List></Root>',
  );
});

test('cookies are kept by name, sent together, and forgotten when told', () => {
  const cookies = new Cookies();
  assert.ok(cookies.isEmpty);
  assert.deepEqual(cookies.header(), {});
  cookies.take(undefined);
  cookies.take(['A=1; Path=/; HttpOnly', 'B=x=y=; Secure', ' C = 2 ', 'nonsense', '=3', 'A=4; Max-Age=60']);
  assert.deepEqual(cookies.header(), { cookie: 'A=4; B=x=y=; C=2' });
  cookies.take(['A=; Max-Age=0; Path=/', 'B=; Path=/; max-age=-1']);
  assert.deepEqual(cookies.header(), { cookie: 'C=2' });
});
