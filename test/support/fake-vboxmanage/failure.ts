/** VBoxManage ends with code 1, and this on stderr. */
export class Failure extends Error {
  constructor(message: string, code?: string, component = 'MachineWrap, interface IMachine') {
    const details =
      code === undefined ? '' : `\nDetails: code ${code}, component ${component}, callee nsISupports`;
    super(`${message}${details}`);
  }

  /** Each line with the prefix that VBoxManage gives it. */
  get text(): string {
    return `${this.message
      .split('\n')
      .map((line) => `VBoxManage: error: ${line}`)
      .join('\n')}\n`;
  }
}

// Result codes: VirtualBox's SDK reference; as text in the sources 2 to 9 of README.md.
export const OBJECT_NOT_FOUND = 'VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)';
export const INVALID_VM_STATE = 'VBOX_E_INVALID_VM_STATE (0x80bb0002)';
export const FILE_ERROR = 'VBOX_E_FILE_ERROR (0x80bb0004)';
export const INVALID_OBJECT_STATE = 'VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)';
export const OBJECT_IN_USE = 'VBOX_E_OBJECT_IN_USE (0x80bb000c)';
export const INVALID_ARGUMENT = 'NS_ERROR_INVALID_ARG (0x80070057)';
export const GENERAL_FAILURE = 'NS_ERROR_FAILURE (0x80004005)';
