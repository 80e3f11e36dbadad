import type { RawModel } from '../../models/index.ts';

// The texts equal those of dr-provision, since clients may compare them.

const PXELINUX = `DEFAULT local
PROMPT 0
TIMEOUT 10
LABEL local
{{.Param "pxelinux-local-boot"}}
`;

const IPXE_EXIT = '#!ipxe\nexit\n';

const IPXE_CHAIN = `#!ipxe
chain {{.ProvisionerURL}}/\${netX/mac}.ipxe && exit || goto chainip
:chainip
chain tftp://{{.ProvisionerAddress}}/\${netX/ip}.ipxe || exit
`;

/** Finds the boot disk. */
const GRUB_DISK = `if test $grub_platform == pc; then
    chainloader (hd0)
else
    bpx=/efi/boot
    root='' prefix=''
    search --file --set=root $bpx/bootx64.efi || search --file --set=root $bpx/bootaa64.efi
    if test x$root == x; then
        echo "No EFI boot partiton found."
        echo "Rebooting in 120 seconds"
        sleep 120
        reboot
    fi
    if test -f ($root)/efi/microsoft/boot/bootmgfw.efi; then
        echo "Microsoft Windows found, chainloading into it"
        chainloader ($root)/efi/microsoft/boot/bootmgfw.efi
    fi
    for f in ($root)/efi/*; do
        if test -f $f/grub.cfg; then
            prefix=$f
            break
        fi
    done
    if test x$prefix == x; then
        echo "Unable to find grub.cfg"
        echo "Rebooting in 120 seconds"
        sleep 120
        reboot
    fi
    configfile $prefix/grub.cfg
fi
`;

/** Looks for the machine's own menu first. */
const GRUB_ANY = `set _kernel=linux
set _module=initrd
$_kernel
if test $? != 18; then
    set _kernel=linuxefi
    set _module=initrdefi
fi
function kernel { $_kernel "$@"; }
function module { $_module "$@"; }
if test -s (tftp)/grub/\${net_default_mac}.cfg; then
    echo "Booting via MAC"
    source (tftp)/grub/\${net_default_mac}.cfg
    boot
elif test -s (tftp)/grub/\${net_default_ip}.cfg; then
    echo "Booting via IP"
    source (tftp)/grub/\${net_default_ip}.cfg
    boot
el${GRUB_DISK}`;

function template(Name: string, Path: string, Contents: string): RawModel {
  return { Name, Path, Contents };
}

function meta(icon: string): RawModel {
  return { icon, color: 'green', title: 'Digital Rebar Provision' };
}

/**
 * The initial content of an endpoint: the default stage and boot environment of machines, and the role with all rights.
 */
export const BASIC_STORE: { meta: RawModel; sections: Record<string, RawModel> } = {
  meta: {
    Name: 'BasicStore',
    Description: 'Default objects that must be present',
    Version: '3.12.0',
    Type: 'basic',
  },
  sections: {
    params: {
      'pxelinux-local-boot': {
        Name: 'pxelinux-local-boot',
        Description: 'The method pxelinux should use to try to boot to the local disk',
        Schema: { type: 'string', default: 'localboot 0' },
      },
    },
    bootenvs: {
      local: {
        Name: 'local',
        Description:
          'The boot environment you should use to have known machines boot off their local hard drive',
        OS: { Name: 'local' },
        Meta: { ...meta('radio'), 'feature-flags': 'change-stage-v2' },
        Templates: [
          template('pxelinux', 'pxelinux.cfg/{{.Machine.HexAddress}}', PXELINUX),
          template('ipxe', '{{.Machine.Address}}.ipxe', IPXE_EXIT),
          template('pxelinux-mac', 'pxelinux.cfg/{{.Machine.MacAddr "pxelinux"}}', PXELINUX),
          template('ipxe-mac', '{{.Machine.MacAddr "ipxe"}}.ipxe', IPXE_EXIT),
          template('grub', 'grub/{{.Machine.Address}}.cfg', GRUB_DISK),
          template('grub-mac', 'grub/{{.Machine.MacAddr "grub"}}.cfg', GRUB_DISK),
        ],
      },
      ignore: {
        Name: 'ignore',
        Description:
          'The boot environment you should use to have unknown machines boot off their local hard drive',
        OS: { Name: 'ignore' },
        Meta: { ...meta('circle thin'), 'feature-flags': 'change-stage-v2' },
        OnlyUnknown: true,
        Templates: [
          template('pxelinux', 'pxelinux.cfg/default', PXELINUX),
          template('ipxe', 'default.ipxe', IPXE_CHAIN),
          template('grub', 'grub/grub.cfg', GRUB_ANY),
        ],
      },
    },
    stages: {
      none: { Name: 'none', Description: 'Noop / Nothing stage', Meta: meta('circle thin') },
      local: {
        Name: 'local',
        Description: 'Stage to boot into the local BootEnv.',
        BootEnv: 'local',
        Meta: meta('radio'),
      },
    },
    roles: {
      superuser: { Name: 'superuser', Claims: [{ scope: '*', action: '*', specific: '*' }] },
    },
  },
};

export const GLOBAL_PROFILE: RawModel = {
  Name: 'global',
  Description: 'Global profile attached automatically to all machines.',
  Meta: { color: 'blue', icon: 'world', title: 'Digital Rebar Provision' },
};
