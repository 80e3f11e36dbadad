import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure, FILE_ERROR, INVALID_ARGUMENT, OBJECT_IN_USE, OBJECT_NOT_FOUND } from './failure.ts';
import { findVm, mustBeMutable } from './lookup.ts';
import { parseOptions, SyntaxFailure } from './options.ts';
import { PROGRESS } from './progress.ts';
import type { Host } from './world.ts';

/** Sources 1 and 8. */
export function storagectl(host: Host, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, ['name', 'add', 'controller', 'portcount']);
  const { name, controller = 'IntelAhci' } = values;
  if (name === undefined) throw new SyntaxFailure('Storage controller name not specified');
  const { world } = host;
  const vm = findVm(world, rest[0]);
  mustBeMutable(vm);
  if (vm.controllers.some((each) => each.name === name)) {
    throw new Failure(
      `Storage controller named '${name}' already exists`,
      OBJECT_IN_USE,
      'SessionMachine, interface IMachine',
    );
  }
  vm.controllers.push({ name, type: controller.replace(/^IntelAHCI$/i, 'IntelAhci') });
  return '';
}

/** Sources 1 and 8. A disk that is not registered yet is opened. */
export function storageattach(host: Host, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, ['storagectl', 'port', 'device', 'type', 'medium']);
  const { storagectl: name = '', port = '0', device = '0', medium = '' } = values;
  const { world } = host;
  const vm = findVm(world, rest[0]);
  mustBeMutable(vm);
  if (!vm.controllers.some((each) => each.name === name)) {
    throw new Failure(
      `Could not find a storage controller named '${name}'`,
      OBJECT_NOT_FOUND,
      'SessionMachine, interface IMachine',
    );
  }
  if (world.media[medium] === undefined) {
    if (!existsSync(medium)) {
      throw new Failure(
        `Could not find file for the medium '${medium}' (VERR_FILE_NOT_FOUND)`,
        FILE_ERROR,
        'MediumWrap, interface IMedium',
      );
    }
    world.media[medium] = { id: randomUUID(), sizeMb: 0 };
  }
  vm.media[`${name}-${port}-${device}`] = medium;
  return '';
}

/** Sources 1, 7 and 13. */
export function createmedium(host: Host, args: readonly string[]): { stdout: string; stderr: string } {
  const { values } = parseOptions(
    args.filter((argument) => argument !== 'disk'),
    ['filename', 'size', 'format', 'variant'],
  );
  const { filename, size } = values;
  if (filename === undefined || size === undefined || !/^\d+$/.test(size)) {
    throw new SyntaxFailure('Parameters --filename and --size are required');
  }
  const id = randomUUID();
  const { world } = host;
  const registered = world.media[filename];
  if (existsSync(filename)) {
    throw new Failure(
      [
        'Failed to create medium',
        `Could not create the medium storage unit '${filename}'.`,
        `VDI: cannot create image '${filename}' (VERR_ALREADY_EXISTS)`,
      ].join('\n'),
      FILE_ERROR,
      'MediumWrap, interface IMedium',
    );
  }
  if (registered !== undefined) {
    throw new Failure(
      `Failed to create medium\nCannot register the hard disk '${filename}' {${id}} because a hard disk '${filename}' with UUID {${registered.id}} already exists`,
      INVALID_ARGUMENT,
      'VirtualBoxWrap, interface IVirtualBox',
    );
  }
  mkdirSync(dirname(filename), { recursive: true });
  writeFileSync(filename, '<<< no disk >>>\n');
  world.media[filename] = { id, sizeMb: Number(size) };
  return { stdout: `Medium created. UUID: ${id}\n`, stderr: PROGRESS };
}

/** Source 1. */
export function closemedium(host: Host, args: readonly string[]): string {
  const { values, rest } = parseOptions(
    args.filter((argument) => argument !== 'disk'),
    [],
    ['delete'],
  );
  const [path = ''] = rest;
  const { world } = host;
  if (world.media[path] === undefined) {
    throw new Failure(
      `Could not find file for the medium '${path}' (VERR_FILE_NOT_FOUND)`,
      FILE_ERROR,
      'MediumWrap, interface IMedium',
    );
  }
  delete world.media[path];
  if ('delete' in values) rmSync(path, { force: true });
  return '';
}
