import { isIPv4 } from 'node:net';
import { isObject, ModelError, type RawModel } from '../../../../lib/models/index.ts';
import { type Command, takes } from '../../command.ts';
import { changing } from '../change.ts';
import type { Kind } from '../kinds.ts';

export function subnetCommands(kind: Kind): Command[] {
  return [
    changing(
      kind,
      {
        use: 'range [subnetName] [startIP] [endIP]',
        summary: 'Set the addresses that a subnet gives out',
        check: takes([3]),
      },
      (subnet, [first, last]) => ({ ...subnet, ActiveStart: address(first), ActiveEnd: address(last) }),
    ),
    changing(
      kind,
      {
        use: 'pickers [subnetName] [list]',
        summary: 'Set the ways in which a subnet chooses addresses, separated by commas',
      },
      (subnet, [list = '']) => ({ ...subnet, Pickers: list.split(',') }),
    ),
    changing(
      kind,
      { use: 'nextserver [subnetName] [IP]', summary: 'Set the server that machines of a subnet boot from' },
      (subnet, [server]) => ({ ...subnet, NextServer: address(server) }),
    ),
    changing(
      kind,
      {
        use: 'leasetimes [subnetName] [active] [reserved]',
        summary: 'Set how many seconds leases of a subnet last, and those of reservations in it',
        check: takes([3]),
      },
      (subnet, [active, reserved]) => ({
        ...subnet,
        ActiveLeaseTime: number(active),
        ReservedLeaseTime: number(reserved),
      }),
    ),
    changing(
      kind,
      {
        use: 'set [subnetName] option [number] to [value]',
        summary: 'Set a DHCP option of a subnet; null takes it away',
        examples: ['set lab option 6 to 8.8.8.8'],
        check: takes([5]),
      },
      (subnet, [, code, , value]) => withOption(subnet, optionCode(code), value),
    ),
    {
      use: 'get [subnetName] option [number]',
      summary: 'Show a DHCP option of a subnet',
      check: takes([3]),
      async run(context) {
        const code = optionCode(context.arg(2));
        const subnet = await (await context.endpoint()).objects<RawModel>('subnets').get(context.arg(0));
        const option = optionsOf(subnet).find(({ Code }) => Code === code);
        if (option === undefined) throw new ModelError(404, `option ${code} does not exist`);
        await context.say(`Option ${code}: ${option.Value}`);
      },
    },
  ];
}

/** Replaces the option in place, or appends it. */
function withOption(subnet: RawModel, Code: number, Value: string | undefined): RawModel {
  const options = optionsOf(subnet);
  const at = options.findIndex((option) => option.Code === Code);
  const place = at < 0 ? options.length : at;
  const put = Value === 'null' ? [] : [{ ...options[at], Code, Value }];
  return { ...subnet, Options: options.toSpliced(place, 1, ...put) };
}

function optionsOf({ Options }: RawModel): RawModel[] {
  return Array.isArray(Options) ? Options.filter(isObject) : [];
}

function address(text = ''): string {
  if (isIPv4(text)) return text;
  throw new ModelError(400, `${text} is not a valid IPv4`);
}

function number(text = ''): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ModelError(400, `${text} could not be read as a number`);
}

function optionCode(text = ''): number {
  const code = number(text);
  if (code > 0 && code < 255) return code;
  throw new ModelError(400, `${text} is not a DHCP option: expected 1 to 254`);
}
