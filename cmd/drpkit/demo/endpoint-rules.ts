import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../../lib/api/index.ts';
import { PLUGIN_VERSION } from '../../../lib/models/index.ts';
import type { Steps } from './steps.ts';

/** Shows what the endpoint refuses, stores and accepts, as dr-provision does. */
export async function showRules(
  api: Client,
  machine: string,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  await steps.title('What dr-provision refuses is refused here:');
  await steps.step(
    'a password that is not sealed',
    () => api.params('machines', machine).set('ipmi/password', 'plain', { signal }),
    /^\d+ .*(sealed|SecureData)/i,
  );
  await steps.step(
    'a provider with a wrong version',
    () => uploadProvider(api, 'v1.0.0+271.g17ec5867', signal),
    /^400 define: Version: "v1\.0\.0\+271\.g17ec5867" is not a version/,
  );
  await steps.step(
    'a template that does not parse',
    () => uploadTemplate(api, signal),
    /^\d+ .*unclosed action/,
  );

  await steps.title('What is incomplete is kept, and becomes available when the rest comes:');
  const stage = async () => {
    const { Available, Errors } = await api.objects('stages').get('demo-stage', { signal });
    return Available === true ? 'available' : `not available: ${[Errors].flat().join('; ')}`;
  };
  await steps.step(
    'a pack whose task is missing',
    async () => {
      const { Warnings } = await api
        .contents()
        .create(
          pack('demo-stages', { stages: { 'demo-stage': { Name: 'demo-stage', Tasks: ['demo-task'] } } }),
          {
            signal,
          },
        );
      return `loaded, with ${Warnings?.length ?? 0} warning`;
    },
    /^loaded, with 1 warning$/,
  );
  await steps.step('its stage', stage, /^not available: .*demo-task/);
  await steps.step(
    'the pack with the task',
    async () => {
      await api
        .contents()
        .create(pack('demo-tasks', { tasks: { 'demo-task': { Name: 'demo-task' } } }), { signal });
      return 'loaded';
    },
    /^loaded$/,
  );
  await steps.step('the stage now', stage, /^available$/);
}

function pack(name: string, sections: Record<string, Record<string, object>>) {
  return { meta: { Name: name, Version: 'v1.0.0', Type: 'dynamic' }, sections };
}

async function uploadTemplate(api: Client, signal: AbortSignal): Promise<unknown> {
  return api.objects('templates').create({ ID: 'demo.tmpl', Contents: '{{ .Machine.Name' }, { signal });
}

/** Uploads a provider that consists only of its definition. */
async function uploadProvider(api: Client, version: string, signal: AbortSignal): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'drp-demo-'));
  try {
    const file = join(folder, 'dated');
    const definition = { Name: 'dated', Version: version, PluginVersion: PLUGIN_VERSION };
    await writeFile(file, `#!/bin/sh\n[ "$1" != define ] || echo '${JSON.stringify(definition)}'\n`);
    return await api.pluginProviders().upload('dated', { file }, { signal });
  } finally {
    await rm(folder, { recursive: true });
  }
}
