import type { Params } from '../../content/virtualbox-ipmi.generated.ts';
import type { ActionContext } from '../../lib/plugin/index.ts';
import { checkUser } from './checks.ts';
import type { Control } from './control.ts';
import { paramValue } from './param-value.ts';
import { refusal } from './refusal.ts';

/** The context of an action. */
export type PluginContext = ActionContext<Readonly<Partial<Params>>>;

/** Refuses another user than the plugin's, whose name the endpoint fills in. Throws ModelError 400. */
export function checkSameUser({ settings }: Control, params: PluginContext['params']): void {
  const user = checkUser(params['virtualbox/user'], 'virtualbox/user');
  if (user === settings.user) return;
  throw refusal(
    400,
    `virtualbox/user: plugin ${settings.plugin} works with the VMs of ${settings.user}, not of ${user}`,
  );
}

/** The name of the VM as the caller gave it. */
export function vmNamed(params: PluginContext['params']): string {
  return String(paramValue(params, 'virtualbox/id') ?? paramValue(params, 'virtualbox/name'));
}
