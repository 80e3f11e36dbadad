import { refusal, Secrets } from '../../lib/models/index.ts';
import type { Driver, Request } from './driver.ts';
import { excerpt } from './excerpt.ts';
import { hostParam } from './host.ts';
import { notInstalled } from './not-installed.ts';
import { numberParam, textParam } from './params.ts';
import { type Call, type Idrac, Racadm } from './racadm/racadm.ts';

/**
 * Runs an action, given a function that calls racadm for the machine's iDRAC. Returns racadm's output for the last
 * step.
 */
type Work = (call: Call, request: Request) => Promise<string>;

/**
 * `ipmi/mode` `racadm`: Dell's own tool for iDRACs. Results are its output. Boot devices are the same for UEFI and
 * legacy BIOS.
 */
export function racadmDriver(racadm = new Racadm()): Driver {
  const onIdrac = (request: Request, work: Work) => {
    const idrac = idracOf(request);
    request.onTransport?.('racadm');
    return racadm.withIdrac(idrac, request.signal, (call) => work(call, request));
  };
  return {
    name: 'racadm',
    commands: new Set(WORK.keys()),
    missing: async () => ((await racadm.isInstalled()) ? undefined : notInstalled('racadm')),
    run: async (request) => {
      const work = WORK.get(request.command);
      if (work === undefined) throw refusal(404, `No such action: ${request.command}`);
      return onIdrac(request, work);
    },
    power: (request) => onIdrac(request, powerState),
  };
}

function idracOf({ params }: Request): Idrac {
  return {
    host: hostParam(params),
    port: numberParam(params, 'ipmi/port-racadm', 65_535, 0),
    username: textParam(params, 'ipmi/username'),
    password: textParam(params, 'ipmi/password'),
  };
}

const WORK: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', serverAction('powerstatus')],
  ['poweron', serverAction('powerup')],
  ['poweroff', serverAction('powerdown')],
  ['powercycle', powerCycle],
  ['nextbootpxe', bootFrom('PXE', 'Enabled')],
  ['nextbootdisk', bootFrom('HDD', 'Enabled')],
  ['nextbootcd', bootFrom('VCD-DVD', 'Enabled')],
  ['forcebootpxe', bootFrom('PXE', 'Disabled')],
  ['forcebootdisk', bootFrom('HDD', 'Disabled')],
  ['identify', identify],
]);

const IS_OFF = /already powered OFF/i;

function serverAction(action: string): Work {
  return (call) => call(['serveraction', action]);
}

/** A server that is off cannot be power-cycled, so it is switched on. */
async function powerCycle(call: Call): Promise<string> {
  const said = await call(['serveraction', 'powercycle']);
  return IS_OFF.test(said) ? call(['serveraction', 'powerup']) : said;
}

/** `once`: `Enabled` for the next start only, `Disabled` for all starts. */
function bootFrom(device: string, once: 'Enabled' | 'Disabled'): Work {
  return async (call) => {
    await call(['set', 'iDRAC.ServerBoot.BootOnce', once]);
    return call(['set', 'iDRAC.ServerBoot.FirstBootDevice', device]);
  };
}

/** An iDRAC blinks until it is told to stop, so only 0 seconds has a meaning: off. */
async function identify(call: Call, { params }: Request): Promise<string> {
  const seconds = numberParam(params, 'ipmi/identify-duration', Number.MAX_SAFE_INTEGER, 60);
  return call(['setled', '-l', seconds === 0 ? '0' : '1']);
}

async function powerState(call: Call, { params }: Request): Promise<string> {
  const said = await call(['serveraction', 'powerstatus']);
  const state = /(?:power status:\s*|^)((?:powering )?(?:on|off))\s*$/im.exec(said)?.[1];
  if (state === undefined)
    throw refusal(
      502,
      `racadm printed no power state: ${excerpt(said, new Secrets([textParam(params, 'ipmi/password')]))}`,
    );
  return state.toLowerCase();
}
