import { parseMachineReadable } from './machine-readable.ts';
import { refusal } from './refusal.ts';

/** The data of a VM. */
export interface VmInfo {
  /** UUID, in upper case as in the VM's DMI data. */
  id: string;
  name: string;
  /** VirtualBox's short name: `poweroff`, `running`, `paused`, `saved`, ... */
  state: string;
  /** Path of its settings file. Its disk is in the same folder. */
  settingsFile: string;
  /** Boot devices in order: `net`, `disk`, `dvd`, `floppy`, `none`. */
  boot: string[];
  /** MAC addresses in the order of the network cards, as `08:00:27:12:34:56`. */
  macs: string[];
  /** Names of the storage controllers. */
  controllers: string[];
  /** Attached media by `CONTROLLER-PORT-DEVICE`. */
  media: ReadonlyMap<string, string>;
}

/** VirtualBox's name for a VM with unreadable settings, for instance after its folder was moved or deleted. */
export const INACCESSIBLE = '<inaccessible>';

/** Throws ModelError: 409 when VirtualBox cannot read the VM's settings, 502 for unexpected output. */
export function parseVmInfo(text: string): VmInfo {
  const fields = parseMachineReadable(text);
  const id = fields.get('UUID');
  const state = fields.get('VMState');
  const name = fields.get('name');
  if (name === INACCESSIBLE) {
    const remedy = `bring its folder back, or take it off the list with vboxmanage unregistervm ${id}`;
    throw refusal(409, `VirtualBox cannot read the settings of VM ${id}: ${remedy}`);
  }
  if (id === undefined || state === undefined || name === undefined) {
    throw refusal(502, 'vboxmanage showvminfo printed no name, UUID and VMState');
  }
  const numbered = (prefix: string) =>
    [...fields]
      .flatMap(([field, value]) => {
        const number = field.startsWith(prefix) ? field.slice(prefix.length) : '';
        return /^\d+$/.test(number) ? [{ number: Number(number), value }] : [];
      })
      .sort((a, b) => a.number - b.number)
      .map(({ value }) => value);
  const controllers = numbered('storagecontrollername');
  // Matches `SATA-0-0`, but not `SATA-ImageUUID-0-0`.
  const isPlace = (field: string) =>
    controllers.some(
      (each) => field.startsWith(`${each}-`) && /^\d+-\d+$/.test(field.slice(each.length + 1)),
    );
  return {
    id: id.toUpperCase(),
    name,
    state,
    settingsFile: fields.get('CfgFile') ?? '',
    boot: numbered('boot'),
    macs: numbered('macaddress').map(colons),
    controllers,
    media: new Map(
      [...fields].filter(([field, value]) => isPlace(field) && !/^(none|emptydrive)$/.test(value)),
    ),
  };
}

/** Converts `080027F2D8BF` to `08:00:27:f2:d8:bf`. */
function colons(mac: string): string {
  return mac.toLowerCase().replace(/..(?=.)/g, '$&:');
}

/** A line of `list vms`. */
export interface VmEntry {
  name: string;
  /** In upper case. */
  id: string;
}

/** Parses the output of `list vms`. VMs with unreadable settings have the name INACCESSIBLE. */
export function parseVmList(text: string): VmEntry[] {
  return [...text.matchAll(/^"(.*)" \{([0-9a-f-]{36})\}\r?$/gim)].map(([, name = '', id = '']) => ({
    name,
    id: id.toUpperCase(),
  }));
}
