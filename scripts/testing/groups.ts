import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Starting Node.js and loading the tested code takes 0.1 to 0.4 s of CPU, and a long-running process has better
 * compiled code.
 */
const GROUP_SIZE = 12;

/** Code in test files that changes global state of the process or other tests: such a file runs in its own process. */
const CHANGES_PROCESS = [
  /\bprocess\.(chdir|umask)\(/,
  /\bprocess\.env(\.\w+|\[[^\]]+\]) (\?\?)?= /,
  /\bdelete process\.env\b/,
  /\bObject\.assign\(process\.env\b/,
  /\bmock\.(timers|method|property|module)\b/,
  /\bsetFlagsFromString\b/,
  /\batEachChange\(/,
  /^(before|after)Each\(/m,
];

/**
 * Further files with their own process: they measure the process (memory, descriptors, children), or take so long that
 * others would wait.
 */
const ALONE = new Set([
  'test/agent/packs.test.ts',
  'test/conformance/faults.test.ts',
  'test/content-packs/ipmi-vendor.test.ts',
  'test/drpkit/demo.test.ts',
  'test/drpkit/dev.test.ts',
  'test/drpkit/replay.test.ts',
  'test/drpkit/run.test.ts',
  'test/endpoint/durability.test.ts',
  'test/endpoint/host-start.test.ts',
  'test/faults/bmc.test.ts',
  'test/faults/event-stream.test.ts',
  'test/faults/outbound-socket.test.ts',
  'test/fuzz/bmc-output.test.ts',
  'test/fuzz/content.test.ts',
  'test/inspector/page.test.ts',
  'test/ipmi/actions.test.ts',
  'test/ipmi/lanplus/burst.test.ts',
  'test/ipmi/secrets-audit.test.ts',
  'test/ipmi/silence.test.ts',
  'test/packet-ipmi/cloud.test.ts',
  'test/plugin/define.test.ts',
  'test/plugin/garbage.test.ts',
  'test/plugin/handlers.test.ts',
  'test/protocol/commands.test.ts',
  'test/protocol/conformance.test.ts',
  'test/protocol/lifecycle.test.ts',
  'test/security/regexes.test.ts',
  'test/security/secrets.test.ts',
  'test/security/sockets.test.ts',
  'test/slack/pace.test.ts',
]);

/**
 * The files to run in place of `files` (relative to `root`), each in a process: files that run alone unchanged, and for
 * the others, by folder, generated files in `folder` that run several. There each file is a suite with its name.
 */
export function grouped(root: string, files: readonly string[], folder: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const isAlone = (file: string) => {
    if (ALONE.has(file)) return true;
    const text = readFileSync(join(root, file), 'utf8');
    return CHANGES_PROCESS.some((pattern) => pattern.test(text));
  };
  const alone = files.filter(isAlone);
  const folders = Map.groupBy(
    files.filter((file) => !alone.includes(file)),
    (file) => file.split('/')[1] ?? '',
  );
  const groups = [...folders].flatMap(([name, members]) => {
    const count = Math.ceil(members.length / GROUP_SIZE);
    // Neighbouring files take equally long, so they are spread over the groups.
    return Array.from({ length: count }, (_, at) => {
      const chosen = members.filter((_, index) => index % count === at);
      if (chosen.length === 1) return chosen[0] ?? '';
      const group = join(folder, `${name}-${at + 1}.test.ts`);
      writeFileSync(group, textOf(chosen.map((file) => [file, pathToFileURL(join(root, file)).href])));
      return group;
    });
  });
  // Short ones last, so that no core is idle for long.
  return [...groups, ...alone];
}

function textOf(files: readonly (readonly [name: string, url: string])[]): string {
  const suites = files.map(([name, url]) => {
    return `suite(${JSON.stringify(name)}, () => import(${JSON.stringify(url)}));`;
  });
  return ["import { suite } from 'node:test';", ...suites, ''].join('\n');
}
