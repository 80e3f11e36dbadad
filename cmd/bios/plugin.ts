import { contentYamlString, type Params as PackParams } from '../../content/bios.generated.ts';
import { type ActionContext, type ActionDeclaration, action, definePlugin } from '../../lib/plugin/index.ts';
import type { BiosActions } from './actions.ts';

/** The params of the content pack, and those with which provider ipmi also finds the BMC. */
interface Params extends PackParams {
  'ipmi/address'?: string;
  'ipmi/username'?: string;
  'ipmi/password'?: string;
  'ipmi/port-redfish'?: number;
  'ipmi/redfish-system'?: string;
  'ipmi/ca'?: string;
  'ipmi/tls-old'?: boolean;
  'ipmi/retry-time'?: number;
}

type Name = keyof Params;

/** Loaded by the first action. */
let loaded: Promise<BiosActions> | undefined;

/** BIOS settings of machines, through their BMCs. */
export default definePlugin<Params>({
  name: 'bios',
  summary: 'Reads and changes BIOS settings of machines by Redfish',
  content: contentYamlString,
  autoStart: true,
  actions: {
    biosGet: onMachine({ optional: ['bios-format'] }, (actions, context) => actions.get(context)),
    biosTest: onMachine({ required: ['bios-target-configuration'] }, (actions, context) =>
      actions.test(context),
    ),
    biosApply: onMachine({ required: ['bios-target-configuration'] }, (actions, context) =>
      actions.apply(context),
    ),
    biosReset: onMachine({}, (actions, context) => actions.reset(context)),
    biosChangePassword: onMachine(
      { required: ['bios-password-name', 'bios-new-password'], optional: ['bios-old-password'] },
      (actions, context) => actions.changePassword(context),
    ),
  },
});

/** An action on the BIOS of a machine, with its own params besides those that all such actions need. */
function onMachine(
  { required = [], optional = [] }: { required?: readonly Name[]; optional?: readonly Name[] },
  run: (actions: BiosActions, context: ActionContext<never>) => unknown,
): ActionDeclaration<Params> {
  return action<Params, Name, Name>({
    model: 'machines',
    requiredParams: ['ipmi/username', 'ipmi/password', 'ipmi/address', ...required],
    optionalParams: [
      ...optional,
      'ipmi/port-redfish',
      'ipmi/redfish-system',
      'ipmi/ca',
      'ipmi/tls-old',
      'ipmi/retry-time',
    ],
    run: async (context) => {
      loaded ??= import('./actions.ts').then(({ BiosActions }) => new BiosActions());
      return run(await loaded, context as ActionContext<never>);
    },
  });
}
