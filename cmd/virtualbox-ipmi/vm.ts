import { refusal } from './refusal.ts';
import { type Power, powerOf } from './states.ts';
import type { CallOptions, VBoxManage } from './vboxmanage.ts';
import type { VmInfo } from './vm-info.ts';

/** One VM, in the hands of whoever may work on it now (see `VBoxManage.withVm`). Methods throw ModelError. */
export class Vm {
  /** UUID, in upper case. */
  readonly id: string;
  readonly vbox: VBoxManage;
  readonly signal: AbortSignal;

  constructor(vbox: VBoxManage, id: string, signal: AbortSignal) {
    this.vbox = vbox;
    this.id = id;
    this.signal = signal;
  }

  /** Runs `vboxmanage COMMAND ID ARGS...`. */
  run(command: string, args: readonly string[] = [], options: CallOptions = {}): Promise<string> {
    return this.vbox.run([command, this.id, ...args], this.signal, options);
  }

  /** What VirtualBox knows of it; undefined when there is no such VM. */
  find(): Promise<VmInfo | undefined> {
    return this.vbox.findVm(this.id, this.signal);
  }

  /** Throws ModelError 404 when there is no such VM. */
  async info(): Promise<VmInfo> {
    const info = await this.find();
    if (info === undefined)
      throw refusal(404, `virtualbox/id: VirtualBox has no VM ${this.id} for this user`);
    return info;
  }

  /** Its state, once that is not one of transition. Throws ModelError 409 when it does not leave it. */
  async settled(): Promise<{ info: VmInfo; power: Exclude<Power, 'changing'> }> {
    let last = '';
    const settled = await this.vbox.waitFor(this.signal, async () => {
      const info = await this.info();
      const power = powerOf(info.state);
      last = `VM ${info.name} stays in the state "${info.state}"`;
      return power === 'changing' ? undefined : { info, power };
    });
    if (settled === undefined) throw refusal(409, `${last}: look at it in VirtualBox`);
    return settled;
  }
}
