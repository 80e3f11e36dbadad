import { contentYamlString, type Params } from '../../content/virtualbox-ipmi.generated.ts';
import { type ActionDeclaration, action, definePlugin } from '../../lib/plugin/index.ts';
import type { MachineCommand } from './actions.ts';

const vm = ['virtualbox/id', 'virtualbox/name'] as const;

/** VirtualBox VMs as machines: created, switched and removed with them. */
export default definePlugin<Params>({
  name: 'virtualbox-ipmi',
  summary: 'Provides out-of-band IPMI controls for local VirtualBox VMs',
  content: contentYamlString,
  requiredParams: ['virtualbox/user'],
  optionalParams: ['virtualbox/vm-path'],
  config: async (context) => (await import('./running.ts')).configure(context),
  events: ['machines.create.*', 'machines.delete.*'],
  onEvent: async ({ event }) => {
    const [{ follow }, { running }] = await Promise.all([import('./events.ts'), import('./running.ts')]);
    follow(event, running());
  },
  catchUp: async ({ signal }) => (await import('./running.ts')).running().catchUp(signal),
  stop: async () => (await import('./running.ts')).stop(),
  actions: {
    createVm: onPlugin('createVm', [
      'virtualbox/name',
      'virtualbox/cpus',
      'virtualbox/disk-size-mb',
      'virtualbox/mem-size-mb',
      'virtualbox/vram-size-mb',
      'virtualbox/id',
    ]),
    startVm: onPlugin('startVm', vm),
    stopVm: onPlugin('stopVm', vm),
    destroyVm: onPlugin('destroyVm', vm),
    poweron: onMachine('poweron'),
    poweroff: onMachine('poweroff'),
    powercycle: onMachine('powercycle'),
    nextbootpxe: onMachine('nextbootpxe'),
    nextbootdisk: onMachine('nextbootdisk'),
  },
});

/** An action on the plugin object. */
function onPlugin(
  command: 'createVm' | 'startVm' | 'stopVm' | 'destroyVm',
  optionalParams: readonly (keyof Params)[],
): ActionDeclaration<Params> {
  return action({
    model: 'plugins',
    requiredParams: ['virtualbox/user'],
    optionalParams,
    run: async (context) => {
      const [commands, { running }] = await Promise.all([import('./actions.ts'), import('./running.ts')]);
      return commands[command](running(), context);
    },
  });
}

/** An action on the machine of a VM. */
function onMachine(command: MachineCommand): ActionDeclaration<Params> {
  return action({
    model: 'machines',
    requiredParams: ['virtualbox/id'],
    run: async (context) => {
      const [{ actOnMachine }, { running }] = await Promise.all([
        import('./actions.ts'),
        import('./running.ts'),
      ]);
      return actOnMachine(running(), command, context);
    },
  });
}
