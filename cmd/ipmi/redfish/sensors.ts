import { at, isResource, linkAt, linksAt, listAt, type Resource, textAt } from '../../../lib/https/index.ts';
import type { Sensor } from '../../../lib/ipmi/index.ts';
import { foreignPath, ModelError, say } from '../../../lib/models/index.ts';
import {
  expandedMembers,
  expandQuery,
  type Found,
  isFound,
  rootLink,
  type Service,
} from '../../../lib/redfish/index.ts';

/** As in mode ipmitool: when some sensors could not be read, the last entry says so. */
export type SensorList = (Sensor | { Warnings: string[] })[];

/**
 * The sensors of a system's chassis. Sources: Thermal and Power, which most BMCs have and which need two requests; or
 * else their successors ThermalSubsystem and PowerSubsystem; and the list of all Sensors when it can be had in one
 * request or there is nothing else. Within a chassis a name identifies a sensor. Throws ModelError, 501 when the system
 * has no sensors.
 */
export async function sensors(service: Service, system: Found): Promise<SensorList> {
  const found = new SensorReader(service);
  const links = linksAt(system.resource, 'Links', 'Chassis');
  const all = links.length > 0 ? undefined : await rootLink(service, 'Chassis');
  const members =
    links.length > 0 ? await service.getEach(links) : all === undefined ? [] : await service.members(all);
  for (const member of members) {
    if (isFound(member)) await found.readChassis(member);
    else found.warn(member.error);
  }
  return found.result(system);
}

class SensorReader {
  readonly #service: Service;
  readonly #sensors: Sensor[] = [];
  /** Names in the current chassis. */
  readonly #names = new Set<string>();
  readonly #warnings: string[] = [];
  #failed: ModelError | undefined;

  constructor(service: Service) {
    this.#service = service;
  }

  warn(error: ModelError): void {
    this.#failed ??= error;
    this.#warnings.push(error.messages.join('; '));
  }

  result(system: Found): SensorList {
    const list = this.#sensors;
    if (list.length === 0 && this.#failed !== undefined) throw this.#failed;
    if (list.length === 0) throw this.#service.error(501, say`${foreignPath(system.uri)}: has no sensors`);
    return this.#warnings.length === 0 ? list : [...list, { Warnings: this.#warnings }];
  }

  async readChassis({ resource }: Found): Promise<void> {
    this.#names.clear();
    await this.#one(linkAt(resource, 'Thermal'), (thermal) => {
      for (const one of objectsAt(thermal, 'Temperatures')) this.#add(one, 'ReadingCelsius', 'degrees C');
      for (const one of objectsAt(thermal, 'Fans'))
        this.#add(one, 'Reading', textAt(one, 'ReadingUnits') ?? 'RPM');
    });
    await this.#one(linkAt(resource, 'Power'), (power) => {
      for (const one of objectsAt(power, 'Voltages')) this.#add(one, 'ReadingVolts', 'Volts');
      for (const one of objectsAt(power, 'PowerControl')) this.#add(one, 'PowerConsumedWatts', 'Watts');
      for (const one of objectsAt(power, 'PowerSupplies')) this.#addSupply(one);
    });
    if (this.#names.size === 0) await this.#readSubsystems(resource);
    const isCheap = expandQuery(this.#service) !== '' || this.#names.size === 0;
    if (isCheap) {
      await this.#each(linkAt(resource, 'Sensors'), (one) => {
        this.#add(one, 'Reading', textAt(one, 'ReadingUnits') ?? '');
      });
    }
  }

  /** Schemas ThermalSubsystem, ThermalMetrics and PowerSubsystem, which replace Thermal and Power since 2020. */
  async #readSubsystems(chassis: Resource): Promise<void> {
    await this.#one(linkAt(chassis, 'ThermalSubsystem'), async (thermal) => {
      await this.#one(linkAt(thermal, 'ThermalMetrics'), (metrics) => {
        for (const one of objectsAt(metrics, 'TemperatureReadingsCelsius')) {
          this.#add({ ...one, Name: textAt(one, 'DeviceName') ?? nameOf(one) }, 'Reading', 'degrees C');
        }
      });
      await this.#each(linkAt(thermal, 'Fans'), (fan) => {
        const speed = at(fan, 'SpeedPercent');
        const rpm = at(speed, 'SpeedRPM');
        const value = typeof rpm === 'number' ? rpm : at(speed, 'Reading');
        this.#add({ ...fan, Reading: value }, 'Reading', typeof rpm === 'number' ? 'RPM' : 'percent');
      });
    });
    await this.#one(linkAt(chassis, 'PowerSubsystem'), async (power) => {
      await this.#each(linkAt(power, 'PowerSupplies'), (supply) => this.#addSupply(supply));
    });
  }

  /** Reads an optional resource. Failures other than its absence are reported. */
  async #one(link: string | undefined, use: (resource: Resource) => void | Promise<void>): Promise<void> {
    if (link === undefined) return;
    const [found] = await this.#service.getEach([link]);
    if (found === undefined) return;
    if (isFound(found)) await use(found.resource);
    else this.warn(found.error);
  }

  async #each(link: string | undefined, use: (resource: Resource) => void): Promise<void> {
    if (link === undefined) return;
    try {
      const { members, count } = await expandedMembers(this.#service, link);
      for (const member of members) {
        if (isFound(member)) use(member.resource);
        else this.warn(member.error);
      }
      if (members.length < count) this.#warnings.push(`${members.length} of ${count} sensors were read`);
    } catch (error) {
      this.#service.signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      this.warn(error);
    }
  }

  #addSupply(supply: Resource): void {
    const names = ['PowerInputWatts', 'LastPowerOutputWatts', 'PowerOutputWatts'];
    const name = names.find((one) => typeof at(supply, one) === 'number');
    this.#add(supply, name ?? 'none', 'Watts', textAt(supply, 'Status', 'State') ?? 'Present');
  }

  /** Adds a sensor. `otherwise` is the reading for one without a value. */
  #add(resource: Resource, property: string, unit: string, otherwise = 'No Reading'): void {
    const name = nameOf(resource);
    // A sensor can be in several lists.
    if (name === '' || this.#names.has(name)) return;
    this.#names.add(name);
    const entity = textAt(resource, 'PhysicalContext') ?? '';
    const state = textAt(resource, 'Status', 'State') ?? 'Enabled';
    const value = at(resource, property);
    const isThere = !/^(Absent|Disabled|UnavailableOffline|StandbyOffline)$/.test(state);
    if (typeof value !== 'number' || !isThere) {
      const isState = isThere && otherwise !== 'No Reading';
      const status = isState ? healthStatus(resource) : 'ns';
      this.#sensors.push({ name, status, entity, reading: isThere ? otherwise : state });
      return;
    }
    const shown = UNITS[unit] ?? unit;
    const reading = `${value} ${shown}`.trim();
    const status = thresholdStatus(resource, value) ?? healthStatus(resource);
    this.#sensors.push({ name, status, entity, reading, value, unit: shown });
  }
}

function objectsAt(resource: Resource, name: string): Resource[] {
  return listAt(resource, name).filter(isResource);
}

function nameOf(resource: Resource): string {
  const told = ['Name', 'FanName', 'MemberId', 'Id'].map((name) => textAt(resource, name) ?? '');
  return (told.find((name) => name.trim() !== '') ?? '').trim();
}

/** ipmitool's unit names by Redfish's (ReadingUnits in the schemas Thermal and Sensor; UCUM). */
const UNITS: Readonly<Record<string, string>> = {
  Cel: 'degrees C',
  '{rev}/min': 'RPM',
  Percent: 'percent',
  '%': 'percent',
  V: 'Volts',
  W: 'Watts',
  A: 'Amps',
};

/** Names of thresholds in Thermal and Power, and in Sensor; the most severe first. */
const THRESHOLDS: readonly (readonly [status: string, isUpper: boolean, old: string, name: string])[] = [
  ['lnr', false, 'LowerThresholdFatal', 'LowerFatal'],
  ['unr', true, 'UpperThresholdFatal', 'UpperFatal'],
  ['lcr', false, 'LowerThresholdCritical', 'LowerCritical'],
  ['ucr', true, 'UpperThresholdCritical', 'UpperCritical'],
  ['lnc', false, 'LowerThresholdNonCritical', 'LowerCaution'],
  ['unc', true, 'UpperThresholdNonCritical', 'UpperCaution'],
];

/**
 * The threshold that a value exceeds; undefined when it is within all. Many BMCs give 0 for a threshold that is not
 * set.
 */
function thresholdStatus(resource: Resource, value: number): string | undefined {
  const beyond = THRESHOLDS.find(([, isUpper, old, name]) => {
    const told = at(resource, old) ?? at(resource, 'Thresholds', name, 'Reading');
    if (typeof told !== 'number' || told === 0) return false;
    return isUpper ? value >= told : value <= told;
  });
  return beyond?.[0];
}

/** Status from the BMC's health value, which has no direction: `nc` and `cr` as in ipmitool. */
function healthStatus(resource: Resource): string {
  const health = (textAt(resource, 'Status', 'Health') ?? '').toLowerCase();
  return { warning: 'nc', critical: 'cr' }[health] ?? 'ok';
}
