import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../runner.ts';

/** A command of the recording. */
export interface Recorded extends Outcome {
  /** Its line in the recording, from 1. */
  row: number;
  command: string;
  argv: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../../fixtures/replay');

/** The recording stopped there. */
export const CUT = '…cut';

/** Commands of drpcli, and what a dr-provision made of them. */
export async function readRecording(): Promise<Recorded[]> {
  const text = await readFile(join(FOLDER, 'recording.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line, at) => {
      const { command, rc, stdout, stderr } = JSON.parse(line);
      return { row: at + 1, command, argv: argvOf(command), code: rc, stdout, stderr };
    });
}

/** Some rows differ in the same way, for the same reason. */
export interface Listed {
  reason: string;
  rows: readonly number[];
  /** As `differences` words them. */
  differs: readonly string[];
}

export async function readListed(): Promise<Listed[]> {
  return JSON.parse(await readFile(join(FOLDER, 'differences.json'), 'utf8'));
}

/** The words of a command, in which `@` stands for what all its names began with, and `UUID` for any. */
function argvOf(command: string): string[] {
  const words = command.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  return words.map((word) => {
    return word.replaceAll('@', 'gx').replace('UUID', '6c8c3d9c-5a4f-4c9e-8d0b-3c8d5a1f2b3c');
  });
}
