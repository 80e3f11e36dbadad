import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { suite, test } from 'node:test';
import { FUNCTIONS, Templates } from '../../lib/template/index.ts';

/** All that dr-provision offers: Go's, and those of sprig 3.2.3 without env, expandenv, now and ago. */
const NAMES = `
abbrev abbrevboth add add1 add1f addf adler32sum all and any append atoi b32dec b32enc b64dec b64enc base bcrypt
biggest buildCustomCert call camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone
dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div divf
duration durationRound empty encryptAES eq ext fail first float64 floor fromJson ge genCA genCAWithKey genPrivateKey
genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName gt has hasKey
hasPrefix hasSuffix hello html htmlDate htmlDateInZone htpasswd indent index initial initials int int64 isAbs join
js kebabcase keys kindIs kindOf last le len list lower lt max maxf merge mergeOverwrite min minf mod mul mulf
mustAppend mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast
mustMerge mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson
mustToRawJson mustUniq mustWithout must_date_modify ne nindent nospace not omit or osBase osClean osDir osExt
osIsAbs pick pluck plural prepend print printf println push quote randAlpha randAlphaNum randAscii randBytes randInt
randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit
repeat replace rest reverse round semver semverCompare seq set sha1sum sha256sum shuffle slice snakecase sortAlpha
split splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson
toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch
unset until untilStep untitle upper urlJoin urlParse urlquery uuidv4 values without wrap wrapWith
`;

function render(text: string, dot?: string): string {
  const templates = new Templates();
  templates.parse('t', text);
  return templates.render('t', dot);
}

test('the functions are those that dr-provision offers', () => {
  const names = NAMES.trim().split(/\s+/);
  assert.equal(names.length, 224);
  assert.deepEqual([...FUNCTIONS.keys()].sort(), names.sort());
});

suite('functions that read the clock, or ask the network, are errors by name', () => {
  for (const [call, problem] of [
    ['genCA "ca" 365', 'genCA: is not offered here: it reads the clock'],
    ['genSelfSignedCert "a" nil nil 1', 'genSelfSignedCert: is not offered here: it reads the clock'],
    ['getHostByName "localhost"', 'getHostByName: is not offered here: it asks the network'],
    ['date "2006" "2024"', 'date: would read the clock: give it a date, or seconds since 1970 as an integer'],
    ['htmlDate nil', 'htmlDate: would read the clock: give it a date, or seconds since 1970 as an integer'],
    ['durationRound (toDate "2006" "2024")', 'durationRound: would read the clock: give it a duration'],
  ] as const) {
    test(call, () => {
      assert.throws(() => render(`{{${call}}}`), {
        name: 'TemplateError',
        message: `template: t:1:2: executing "t" at <${call}>: error calling ${problem}`,
      });
    });
  }
});

suite('chance', () => {
  for (const [call, form] of [
    ['uuidv4', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['randAlpha 50', /^[A-Za-z]{50}$/],
    ['randAlphaNum 50', /^[A-Za-z0-9]{50}$/],
    ['randNumeric 50', /^[0-9]{50}$/],
    ['randAscii 50', /^[ -~]{50}$/],
    ['randBytes 9 | b64dec | len', /^9$/],
    ['randInt 5 8', /^[567]$/],
    ['shuffle "abc"', /^(?=.*a)(?=.*b)(?=.*c)...$/],
    ['randAlpha -1', /^$/],
  ] as const)
    test(call, () => assert.match(render(`{{${call}}}`), form));

  test('differs from call to call', () => {
    assert.notEqual(render('{{randAlphaNum 20}}'), render('{{randAlphaNum 20}}'));
  });

  test('ranges without a number in them are errors', () => {
    assert.throws(() => render('{{randInt 5 5}}'), /error calling randInt: invalid argument to Intn/);
  });
});

suite('secrets', () => {
  // Computed by sprig.
  for (const [type, password] of [
    ['long', 'ZedaFaxcZaso9*'],
    ['maximum', 'pf4zS1LjCg&LjhsZ7T2~'],
    ['medium', 'ZedJuz8$'],
    ['basic', 'pIS54PLs'],
    ['short', 'Zed5'],
    ['pin', '6685'],
    ['nope', 'cannot find password template nope'],
  ] as const) {
    test(`derivePassword makes a password of type ${type}`, () => {
      assert.equal(render(`{{derivePassword 1 "${type}" "password" "user" "example.com"}}`), password);
    });
  }

  test('decryptAES opens what sprig sealed, and what encryptAES did', () => {
    const sealed = '30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=';
    assert.equal(render(`{{decryptAES "secretkey" "${sealed}"}}`), 'plaintext');
    assert.equal(render('{{encryptAES "key" "héllo" | decryptAES "key"}}'), 'héllo');
    assert.throws(() => render('{{decryptAES "key" "YWJj"}}'), /error calling decryptAES: crypto\/cipher/);
  });

  test('bcrypt and htpasswd make hashes of ten rounds', () => {
    assert.match(render('{{bcrypt "secret"}}'), /^\$2[aby]\$10\$.{53}$/);
    assert.match(render('{{htpasswd "user" "secret"}}'), /^user:\$2[aby]\$10\$.{53}$/);
    assert.equal(render('{{htpasswd "us:er" "secret"}}'), 'invalid username: us:er');
  });

  test('genPrivateKey makes keys that sign', () => {
    for (const type of ['ecdsa', 'ed25519']) {
      const key = render(`{{genPrivateKey "${type}"}}`);
      const digest = type === 'ecdsa' ? 'sha256' : null;
      const data = Buffer.from('data');
      assert.ok(verify(digest, data, createPublicKey(key), sign(digest, data, key)));
    }
    assert.throws(
      () => render('{{genPrivateKey "rsa"}}'),
      /genPrivateKey: makes ecdsa and ed25519 keys here/,
    );
    assert.equal(render('{{genPrivateKey "x"}}'), 'Unknown type x');
  });

  test('buildCustomCert says what is not valid, and not what it is', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })).toString('base64');
    for (const [certificate, problem] of [
      ['!', 'unable to decode base64 certificate'],
      ['YQ==', 'unable to decode certificate'],
      [
        Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----').toString('base64'),
        'error parsing certificate',
      ],
    ])
      assert.throws(() => render(`{{buildCustomCert "${certificate}" "${key}"}}`), {
        message: new RegExp(`error calling buildCustomCert: ${problem}$`),
      });
  });
});
