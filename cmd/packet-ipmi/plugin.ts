import { contentYamlString, type Params } from '../../content/packet-ipmi.generated.ts';
import { type ActionContext, type ActionDeclaration, action, definePlugin } from '../../lib/plugin/index.ts';
import { failure } from './failure.ts';
import type { Provisioner } from './provisioner.ts';

/** Time limit in ms for requests to the cloud during `config`, for which the endpoint waits. */
const CONFIG_LIMIT_MS = 45_000;

/** The provisioner of the last configuration. */
let current: Provisioner | undefined;

/** Machines as devices of a bare-metal cloud with the Metal API, and their power. */
export default definePlugin<Params>({
  name: 'packet-ipmi',
  summary: 'Makes machines into devices of a bare-metal cloud (Metal API) and controls their power',
  content: contentYamlString,
  requiredParams: ['packet/api-key'],
  optionalParams: [
    'packet/project-id',
    'packet/import-existing',
    'packet/api-url',
    'packet/ready-timeout',
    'packet/poll-interval',
  ],
  config: async ({ params, plugin, api, log, signal }) => {
    const [{ Provisioner }, { settingsFrom }] = await Promise.all([
      import('./provisioner.ts'),
      import('./settings.ts'),
    ]);
    const settings = settingsFrom(params);
    const fileServer = process.env.RS_FILESERVER;
    const limit = AbortSignal.timeout(CONFIG_LIMIT_MS);
    const next = await Provisioner.open(
      { plugin, settings, api, log, fileServer },
      AbortSignal.any([signal, limit]),
    ).catch((error: unknown) => {
      throw configError(error, limit);
    });
    // Work of the previous configuration is ended, and continued by catchUp.
    await current?.close();
    current = next;
  },
  events: ['machines.create.*', 'machines.delete.*'],
  onEvent: async ({ event, signal }) => {
    const { Type, Action, Key, Object: machine } = event;
    if (Type !== 'machines') return;
    if (Action === 'create') await configured().machineCreated(Key, signal);
    if (Action === 'delete') await configured().machineDeleted(Key, machine, signal);
  },
  catchUp: () => configured().catchUp(),
  stop: () => current?.close(),
  actions: {
    createVm: action({
      model: 'plugins',
      requiredParams: ['packet/api-key'],
      optionalParams: ['packet/name', 'packet/facility', 'packet/plan', 'packet/project-id'],
      run: ({ params, signal }) => {
        const vm = {
          name: params['packet/name'],
          plan: params['packet/plan'],
          facility: params['packet/facility'],
          project: params['packet/project-id'],
        };
        return configured().createVm(vm, signal);
      },
    }),
    startVm: onVm((device, { command, signal }) => configured().power(device, command, signal)),
    stopVm: onVm((device, { command, signal }) => configured().power(device, command, signal)),
    destroyVm: onVm((device, { signal }) => configured().destroyVm(device, signal)),
    poweron: onMachine(),
    poweroff: onMachine(),
    powercycle: onMachine(),
    nextbootpxe: bootOrder(),
    nextbootdisk: bootOrder(),
    updatepxe: action({
      model: 'machines',
      requiredParams: ['packet/uuid'],
      optionalParams: ['packet/ipxe-script-url', 'packet/always-pxe'],
      run: async ({ model, params, signal }) => {
        const { uuidOf } = await import('./machine.ts');
        const pxe = {
          ipxeScriptUrl: params['packet/ipxe-script-url'],
          alwaysPxe: params['packet/always-pxe'],
        };
        return configured().updatePxe(uuidOf(model), params['packet/uuid'], pxe, signal);
      },
    }),
  },
});

function configured(): Provisioner {
  if (current !== undefined) return current;
  throw failure(503, 'the plugin is not configured');
}

/** An action of the plugin on a device. The API key is the plugin's own, which the endpoint adds to the action. */
function onVm(
  run: (device: string, context: ActionContext<unknown>) => Promise<unknown>,
): ActionDeclaration<Params> {
  return action({
    model: 'plugins',
    requiredParams: ['packet/api-key'],
    optionalParams: ['packet/uuid'],
    run: (context) => {
      const device = context.params['packet/uuid'];
      if (device === undefined)
        throw failure(400, `Params.packet/uuid: required by ${context.command}, but missing`);
      return run(device, context);
    },
  });
}

/** A power action on the machine's device. */
function onMachine(): ActionDeclaration<Params> {
  return action({
    model: 'machines',
    requiredParams: ['packet/uuid'],
    run: ({ command, params, signal }) => configured().power(params['packet/uuid'], command, signal),
  });
}

/** The cloud has no boot order: packet/always-pxe decides. */
function bootOrder(): ActionDeclaration<Params> {
  return action({
    model: 'machines',
    requiredParams: ['packet/uuid'],
    run: () => 'Complete',
  });
}

/** Replaces code 403, with which the endpoint would remove the provider. */
function configError(error: unknown, limit: AbortSignal): unknown {
  if (limit.aborted) {
    const seconds = CONFIG_LIMIT_MS / 1000;
    return failure(504, `the service at packet/api-url did not answer within ${seconds} s`);
  }
  const { code, messages = [] } = error as { code?: unknown; messages?: string[] };
  return code === 403 ? failure(400, messages.join('; ')) : error;
}
