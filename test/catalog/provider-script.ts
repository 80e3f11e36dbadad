import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes an executable that is asked for its definition only. */
export async function writeProvider(
  file: string,
  { name, version, meta = {} }: { name: string; version: string; meta?: Record<string, string> },
): Promise<void> {
  const Content = JSON.stringify({ meta: { Name: name, ...meta }, sections: {} });
  const definition = JSON.stringify({ Name: name, Version: version, PluginVersion: 4, Content });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n[ "$1" != define ] || cat <<'END'\n${definition}\nEND\n`, {
    mode: 0o755,
  });
}
