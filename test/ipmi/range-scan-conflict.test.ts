import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FoundBmc } from '../../cmd/ipmi/range-scan/found.ts';
import { makeMachines } from '../../cmd/ipmi/range-scan/machines.ts';
import { ModelError, type RawModel } from '../../lib/models/index.ts';

const never = new AbortController().signal;
const log = { info: () => {}, error: () => {} } as unknown as Parameters<typeof makeMachines>[2];
const credential = { username: 'admin', password: 'pa55' };
const UUID = '4c4c4544-0051-3510-8052-000000000001';

function bmc(address: string, uuid?: string): FoundBmc {
  const protocols = [{ name: 'ipmi' as const, port: 623, versions: [] }];
  return { address, port: 623, protocols, ...(uuid && { uuid }) };
}

/** The machines of an endpoint, which others change between the list and what follows it. */
function endpoint(options: { late?: RawModel[]; sealing?: () => void } = {}) {
  const machines: RawModel[] = [];
  const objects = {
    async *each() {
      yield* [...machines];
      machines.push(...(options.late ?? []));
    },
    async create(machine: RawModel) {
      const taken = machines.some(({ Name, Uuid }) => Name === machine.Name || Uuid === machine.Uuid);
      if (taken) throw new ModelError(409, 'already exists', { model: 'machines' });
      const made = { Uuid: `uuid-${machines.length}`, ...machine };
      machines.push(made);
      return made;
    },
    async get(key: string) {
      const found = machines.find(({ Name, Uuid }) => key === `Name:${Name}` || key === Uuid);
      if (found === undefined) throw new ModelError(404, 'Not Found');
      return found;
    },
    async remove(uuid: string) {
      const index = machines.findIndex(({ Uuid }) => Uuid === uuid);
      return machines.splice(index, 1)[0];
    },
  };
  const params = { setSecure: async () => options.sealing?.() };
  const api = { objects: () => objects, params: () => params } as unknown as Parameters<
    typeof makeMachines
  >[0];
  return { api, machines };
}

test('a machine that somebody else makes meanwhile is left and reported', async () => {
  const Params = { 'ipmi/address': '10.0.0.1' };
  for (const late of [
    { Uuid: 'other', Name: 'bmc-10-0-0-1', Params },
    { Uuid: UUID, Name: 'another' },
  ]) {
    const { api, machines } = endpoint({ late: [late] });
    const found = bmc('10.0.0.1', UUID);
    await makeMachines(api, [{ bmc: found, credential }], log, never);
    assert.deepEqual(found.machine, { uuid: late.Uuid, name: late.Name, created: false });
    assert.deepEqual(machines, [late]);
  }
});

test('two BMCs of one UUID get one machine', async () => {
  const { api, machines } = endpoint();
  const [first, second] = [bmc('10.0.0.1', UUID), bmc('10.0.0.2', UUID)];
  await makeMachines(api, [{ bmc: first }, { bmc: second }], log, never);
  assert.deepEqual(
    [first.machine, second.machine],
    [true, false].map((created) => ({ uuid: UUID, name: 'bmc-10-0-0-1', created })),
  );
  assert.equal(machines.length, 1);
});

test('a machine whose password cannot be set goes again, is reported, and keeps none of the others', async () => {
  let failures = 1;
  const { api, machines } = endpoint({
    sealing: () => {
      failures -= 1;
      if (failures === 0) throw new ModelError(500, 'no key');
    },
  });
  const [first, second] = [bmc('10.0.0.1'), bmc('fd00::2')];
  await makeMachines(
    api,
    [first, second].map((each) => ({ bmc: each, credential })),
    log,
    never,
  );
  assert.deepEqual(first.machine, { created: false, problem: 'no key' });
  assert.equal(second.machine?.name, 'bmc-fd00--2');
  assert.deepEqual(
    machines.map(({ Name }) => Name),
    ['bmc-fd00--2'],
  );
});

test('an abort is heeded between machines', async () => {
  const stopping = new AbortController();
  const reason = new Error('stop');
  const { api, machines } = endpoint({ sealing: () => stopping.abort(reason) });
  const two = ['10.0.0.1', '10.0.0.2'].map((address) => ({ bmc: bmc(address), credential }));
  await assert.rejects(makeMachines(api, two, log, stopping.signal), (error) => error === reason);
  assert.equal(machines.length, 1);
});

test("an error that is not the endpoint's ends the scan", async () => {
  const broken = new TypeError('broken');
  const { api } = endpoint({
    sealing: () => {
      throw broken;
    },
  });
  const making = makeMachines(api, [{ bmc: bmc('10.0.0.1'), credential }], log, never);
  await assert.rejects(making, (error) => error === broken);
});
