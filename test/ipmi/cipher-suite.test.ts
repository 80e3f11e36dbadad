import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ipmitool } from '../../lib/ipmi/index.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';

const never = new AbortController().signal;
const bmc = { address: '127.0.0.1', username: 'admin', password: 'x' };

/** A BMC that takes the suites in the file `offered`, and refuses the others in the words given. */
const choosy = (refusal: string) => `
for suite; do [ "$last" = -C ] && break; last=$suite; done
case " $(cat offered) " in *" $suite "*) [ -e broken ] && { echo "> RAKP 2 HMAC is invalid" >&2; exit 1; }; exit 0 ;; esac
echo "${refusal}" >&2
echo "Error: Unable to establish IPMI v2 / RMCP+ session" >&2
exit 1`;

const REFUSED = 'Error in open session response message : no matching cipher suite';

async function asked(
  script: string,
  offered: string,
  work: (
    call: (over?: object) => Promise<unknown>,
    put: (name: string, contents?: string) => Promise<void>,
  ) => Promise<void>,
) {
  await using fake = await fakeIpmitool(script);
  await fake.put('offered', offered);
  const ipmitool = new Ipmitool({ path: fake.path });
  await work(
    (over = {}) => ipmitool.withBmc({ ...bmc, ...over }, never, (call) => call(['chassis', 'power', 'on'])),
    fake.put,
  );
  return (await fake.calls()).map((args) => Number(args[args.indexOf('-C') + 1]));
}

test('17 is tried first, and kept', async () => {
  const suites = await asked(choosy(REFUSED), '17 3', async (call) => {
    await call();
    await call();
  });
  assert.deepEqual(suites, [17, 17]);
});

test('3 is tried where 17 is refused, and remembered for that address and port', async () => {
  const suites = await asked(choosy(REFUSED), '3', async (call) => {
    await call();
    await call();
    await call({ port: 623 });
    await call({ port: 1623 });
    await call({ address: '127.0.0.2' });
  });
  assert.deepEqual(suites, [17, 3, 3, 3, 17, 3, 17, 3]);
});

test('a BMC that is silent for a suite that it does not know gets the other one', async () => {
  const silent = 'Set Session Privilege Level to ADMINISTRATOR failed';
  const suites = await asked(choosy(silent), '3', async (call) => void (await call()));
  assert.deepEqual(suites, [17, 3]);
});

test('ipmi/cipher-suite is tried alone', async () => {
  const suites = await asked(choosy(REFUSED), '3', async (call) => {
    await call({ cipherSuite: 3 });
    await assert.rejects(call({ cipherSuite: 12 }), {
      code: 502,
      message: /does not offer the cipher suite/,
    });
  });
  assert.deepEqual(suites, [3, 12]);
});

test('a suite that was asked for once is not used when it is not', async () => {
  const suites = await asked(choosy(REFUSED), '17 3 1', async (call) => {
    await call({ cipherSuite: 1 });
    await call();
    await call({ cipherSuite: 3 });
    await call();
  });
  assert.deepEqual(suites, [1, 17, 3, 17]);
});

test('a remembered suite that is refused one day leads to the others', async () => {
  const suites = await asked(choosy(REFUSED), '3', async (call, put) => {
    await call();
    await put('offered', '17');
    await call();
    await call();
  });
  assert.deepEqual(suites, [17, 3, 3, 17, 17]);
});

test('a BMC that offers neither is said to', async () => {
  const suites = await asked(choosy(REFUSED), '', async (call) => {
    await assert.rejects(call(), {
      code: 502,
      message: /does not offer the cipher suite \(ipmi\/cipher-suite/,
    });
  });
  assert.deepEqual(suites, [17, 3]);
});

test('a wrong password is shown to the BMC once a call', async () => {
  const suites = await asked(choosy(REFUSED), '3', async (call, put) => {
    await put('broken');
    await assert.rejects(call(), { code: 403 });
    await assert.rejects(call(), { code: 403 });
  });
  assert.deepEqual(suites, [17, 3, 3]);
  const taken = await asked(choosy(REFUSED), '17', async (call, put) => {
    await put('broken');
    await assert.rejects(call(), { code: 403 });
  });
  assert.deepEqual(taken, [17]);
});
