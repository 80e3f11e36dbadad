// Assertions about types, which `tsc --noEmit` checks: what stands below an expected error must not compile.
import { command, commands } from '../../lib/core0/index.ts';
import { dockerPlugin } from '../../lib/docker/index.ts';
import { definePlugin } from '../../lib/plugin/index.ts';

const provider = { name: 'p', summary: 'Has other hosts' };
const counts = commands({ count: command<{ from: number }>({ run: ({ from }) => from.toFixed() }) });
const logs = dockerPlugin({
  name: 'p',
  logDriver: {
    async log({ ContainerID }, entries) {
      for await (const { line } of entries) ContainerID.concat(line.length.toFixed());
    },
  },
});

definePlugin({
  ...provider,
  core0: async () => ({ default: counts }),
  docker: async () => ({ default: logs }),
});
// @ts-expect-error: a declaration that cannot be run
definePlugin({ ...provider, core0: async () => ({ default: { commands: new Map() } }) });
// @ts-expect-error: the module itself, which every start would load
definePlugin({ ...provider, docker: { default: logs } });
// @ts-expect-error: commands get their context, no socket
definePlugin({ ...provider, docker: async () => ({ default: { run: (socket: number) => socket } }) });
// @ts-expect-error: the input has no such member
command<{ from: number }>({ run: ({ form }) => form });
// @ts-expect-error: the answer has no mount point
dockerPlugin({ name: 'p', volumeDriver: { mount: () => ({}) } });
