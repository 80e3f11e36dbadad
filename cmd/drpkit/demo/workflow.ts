import { text } from 'node:stream/consumers';
import { MachineAgent } from '../../../lib/agent/index.ts';
import type { Client } from '../../../lib/api/index.ts';
import { scriptPrograms } from '../agent/programs.ts';
import type { Steps } from './steps.ts';

const TASKS = {
  'demo-facts': '{{ .Machine.Name }}: {{ .Param "ipmi/address" }}',
  'demo-power': `#!/bin/sh
set -e
drpcli machines runaction "$RS_UUID" powerstatus
drpcli machines set "$RS_UUID" param demo/seen to '"by a task"' >/dev/null
`,
};

/** Runs a workflow with two tasks on the machine, by an agent in this process. */
export async function showWorkflow(
  api: Client,
  uuid: string,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  await steps.title('The same machine runs a workflow, by an agent:');
  await steps.step(
    'the workflow is set',
    async () => {
      await api.objects('params').create({ Name: 'demo/seen', Schema: { type: 'string' } }, { signal });
      for (const [Name, Contents] of Object.entries(TASKS)) {
        const template = {
          Name,
          Contents,
          Path: Contents.startsWith('#!') ? '' : 'facts.txt',
          ID: '',
          Link: '',
        };
        const Templates = [{ ...template, Meta: {} }];
        await api.objects('tasks').create({ Name, Templates, Meta: { 'feature-flags': 'sane-exit-codes' } });
      }
      await api.objects('stages').create({ Name: 'demo-work', Tasks: Object.keys(TASKS) });
      await api.objects('workflows').create({ Name: 'demo-flow', Stages: ['demo-work'] });
      const patch = [{ op: 'replace', path: '/Workflow', value: 'demo-flow' }] as const;
      return (await api.objects('machines').patch(uuid, patch, { signal })).Tasks.join(', ');
    },
    /^stage:demo-work, demo-facts, demo-power$/,
  );
  await steps.step(
    'an agent runs it',
    async () => {
      const agent = new MachineAgent(api, uuid, {
        oneshot: true,
        patience: 0,
        programs: await scriptPrograms(),
      });
      await agent.run({ signal });
      const jobs = await api.objects('jobs').list({ where: { Machine: uuid }, sort: 'StartTime', signal });
      return jobs
        .filter(({ Task }) => Object.hasOwn(TASKS, Task))
        .map(({ Task, State }) => `${Task} ${State}`)
        .join(', ');
    },
    /^demo-facts finished, demo-power finished$/,
  );
  await steps.step(
    'the log of its last job',
    async () => {
      const { CurrentJob } = await api.objects('machines').get(uuid, { signal });
      const log = await text(await api.jobs().log(CurrentJob, { signal }));
      return log.split('\n').find((line) => line.includes('Power is')) ?? log;
    },
    /^"Chassis Power is (on|off)\\n"$/,
  );
  await steps.step(
    'the param that it has set',
    () => api.params('machines', uuid).get('demo/seen', { signal }),
    /^by a task$/,
  );
}
