import assert from 'node:assert/strict';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { MachineAgent, type Power } from '../../lib/agent/index.ts';
import { Client, type Job } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import { missing } from '../content-packs/renderer.ts';
import { binary } from '../support/binary.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { BIOS, reboot } from './contoso.ts';

const drpcli = join(import.meta.dirname, '../../scripts/drpkit');
const skip = await missing('jq', 'bash', 'setsid');

/** The built provider under an endpoint, and an agent on a machine whose BIOS is a Redfish service's. */
describe('BIOS settings in a workflow', { skip, concurrency: false }, () => {
  const cleanup = new AsyncDisposableStack();
  let endpoint: RunningEndpoint;
  let api: Client;

  before(async () => {
    const root = await endpointRoot('bios-');
    cleanup.defer(() => rm(root, { recursive: true, force: true }));
    await mkdir(join(root, 'plugins'));
    await symlink(binary('bios'), join(root, 'plugins', 'bios'));
    endpoint = await startEndpoint({ root, port: 0, staticPort: 0, limits: { ping: 60_000 } });
    cleanup.defer(() => endpoint.close());
    await endpoint.ready;
    api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    cleanup.defer(async () => api.close());
    for (const name of ['inventory', 'baseline', 'configure']) {
      await api.objects('workflows').create({ Name: name, Stages: [`bios-${name}`] });
    }
  });
  after(() => cleanup.disposeAsync());

  async function machineOf(service: RedfishService, Name: string, params: Record<string, unknown>) {
    const { Uuid } = await api.objects('machines').create({ Name });
    const own = api.params('machines', Uuid);
    const access = {
      'ipmi/address': service.address,
      'ipmi/port-redfish': service.port,
      'ipmi/username': 'admin',
      'ipmi/password': 'redfish-pa55',
    };
    for (const [name, value] of Object.entries({ ...access, ...params })) await own.set(name, value);
    const actions = api.actions('machines', Uuid);
    await until(
      async () => (await actions.list()).some(({ Command }) => Command === 'biosGet'),
      'the plugin',
    );
    return Uuid;
  }

  /** Runs a workflow to its end; the machine boots when it is told to. Returns how often, and the jobs. */
  async function run(
    Uuid: string,
    workflow: string,
    service: RedfishService,
  ): Promise<{ boots: number; jobs: Job[] }> {
    await api.objects('machines').patch(Uuid, [{ op: 'add', path: '/Workflow', value: workflow }]);
    let boots = 0;
    let wasRebooted = true;
    const no = async () => assert.fail('was not asked for');
    const power: Power = {
      reboot: async () => {
        wasRebooted = true;
        boots += 1;
        reboot(service);
      },
      poweroff: no,
      isKernelLoaded: async () => false,
      loadKernel: no,
      kexec: no,
    };
    while (wasRebooted && boots < 5) {
      wasRebooted = false;
      const options = {
        oneshot: true,
        patience: 0,
        pauses: { init: 10, other: 10 },
        programs: { drpcli },
        power,
      };
      await new MachineAgent(api, Uuid, options).run({ signal: AbortSignal.timeout(120_000) });
    }
    const jobs = await api.objects('jobs').list({ where: { Machine: Uuid }, sort: 'StartTime' });
    return { boots, jobs: jobs.filter(({ Task }) => !Task.includes(':')) };
  }

  const log = async (job: Job | undefined) => text(await api.jobs().log(job?.Uuid ?? ''));
  const told = async (jobs: readonly Job[]) => (await Promise.all(jobs.map(log))).join('\n');

  test('a machine gets the settings of another, by one reboot', async () => {
    await using first = await RedfishService.start({
      systems: [
        {
          bios: {
            ...BIOS,
            attributes: { ...BIOS.attributes, BootMode: 'Uefi', Cores: 32, SysProfile: 'Custom' },
          },
        },
      ],
    });
    await using second = await RedfishService.start({
      systems: [{ bios: { ...BIOS, applyTimes: ['OnReset'] } }],
    });
    const model = await machineOf(first, 'model', {});
    const baseline = await run(model, 'baseline', first);
    assert.deepEqual(
      [baseline.boots, ...baseline.jobs.map(({ State }) => State)],
      [0, 'finished', 'finished'],
      await told(baseline.jobs),
    );
    const target = await api.params('machines', model).get('bios-target-configuration');
    await api
      .objects('profiles')
      .create({ Name: 'like-model', Params: { 'bios-target-configuration': target } });
    const other = await machineOf(second, 'other', {});
    await api.objects('machines').patch(other, [{ op: 'replace', path: '/Profiles', value: ['like-model'] }]);
    const { boots, jobs } = await run(other, 'configure', second);
    assert.equal(boots, 1, await told(jobs));
    const ends = jobs.map(({ Task, State }) => `${Task} ${State}`);
    assert.deepEqual(ends.at(-1), 'bios-current-config finished', ends.join());
    const { BootMode, Cores, SysProfile } = second.system.bios?.attributes ?? {};
    assert.deepEqual([BootMode, Cores, SysProfile], ['Uefi', 32, 'Custom']);
    const params = await api.params('machines', other).all();
    assert.equal(params['bios-last-attempted-configuration'], undefined);
    assert.equal(
      (params['bios-current-configuration'] as Record<string, { Current: string }>).Cores?.Current,
      '32',
    );
  });

  test('a setting that the BIOS does not keep is a failure after one reboot, not one reboot after the other', async () => {
    const bios = { ...BIOS, refusesAtBoot: { Cores: 'Half of the cores are missing.' } };
    await using service = await RedfishService.start({ systems: [{ bios }] });
    const uuid = await machineOf(service, 'stubborn', {
      'bios-target-configuration': { Cores: 8 },
    });
    const { boots, jobs } = await run(uuid, 'configure', service);
    assert.deepEqual([boots, jobs.at(-1)?.State], [1, 'failed'], await told(jobs));
    assert.match(await log(jobs.at(-1)), /tried before, and the BIOS does not have them: \{"Cores":8\}/);
  });

  test('what is wrong with the target is in the log of the job, and nothing is changed', async () => {
    await using service = await RedfishService.start({ systems: [{ bios: BIOS }] });
    const uuid = await machineOf(service, 'wrong', { 'bios-target-configuration': { BootMode: 'Legacy' } });
    const { boots, jobs } = await run(uuid, 'configure', service);
    assert.deepEqual([boots, jobs.at(-1)?.State], [0, 'failed']);
    assert.match(await log(jobs.at(-1)), /BootMode: "Legacy" is not one of Bios, Uefi/);
    assert.deepEqual(service.changes, []);
  });

  test('the layers of a target are merged where that is asked for; a BIOS goes back to its defaults once', async () => {
    await using service = await RedfishService.start({ systems: [{ bios: BIOS }] });
    await api
      .objects('profiles')
      .create({ Name: 'site', Params: { 'bios-target-configuration': { Numa: false, Cores: 16 } } });
    const uuid = await machineOf(service, 'layered', {
      'bios-target-configuration': { Cores: 8 },
      'bios-target-configuration-compose': true,
      'bios-reset-to-factory': true,
    });
    await api.objects('machines').patch(uuid, [{ op: 'replace', path: '/Profiles', value: ['site'] }]);
    const { boots, jobs } = await run(uuid, 'configure', service);
    assert.equal(boots, 2, await told(jobs));
    const { Cores, Numa, AssetTag } = service.system.bios?.attributes ?? {};
    assert.deepEqual([Cores, Numa, AssetTag], [8, false, '']);
    assert.equal(await api.params('machines', uuid).get('bios-reset-to-factory-complete'), true);
  });

  test('with bios-driver none, or bios-skip-config, nothing is asked of the BMC', async () => {
    await using service = await RedfishService.start({ systems: [{ bios: BIOS }] });
    for (const [name, params] of Object.entries({
      none: { 'bios-driver': 'none' },
      skip: { 'bios-skip-config': true },
    })) {
      const uuid = await machineOf(service, name, { 'bios-target-configuration': { Cores: 8 }, ...params });
      const { boots, jobs } = await run(uuid, 'configure', service);
      assert.deepEqual([boots, jobs.every(({ State }) => State === 'finished')], [0, true], await told(jobs));
    }
    assert.deepEqual(service.changes, []);
  });
});
