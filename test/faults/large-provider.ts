import { definePlugin, run } from '../../lib/plugin/index.ts';

/** So much that writing it takes a while. */
const LARGE_BYTES = 96 * 1024 * 1024;

/** A provider that unpacks one large file. */
run(
  definePlugin({
    name: 'large',
    summary: 'Unpacks a large file',
    unpack: ({ write }) => write('large.bin', Buffer.alloc(LARGE_BYTES, 'x')),
  }),
);
