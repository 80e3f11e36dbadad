import { type RenderSources, renderTarget, Templates } from '../../lib/template/index.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Section } from './figure.ts';

const ROUNDS = 5;
const GOAL = { least: 1 };
/** The goal in renderings per second. */
const WANTED = 1000;
const LINES = 200;

/** Like scripts of tasks: half of the lines are plain, the others use params. */
const BLOCK = `#!/usr/bin/env bash
# Sets up {{.Machine.Name}}
set -e
export PATH=/usr/sbin:$PATH
{{if .ParamExists "network/name" -}}
name={{.Param "network/name" | quote}}
{{else -}}
name={{.Machine.ShortName}}
{{end -}}
echo "on $name"
{{range $at, $server := .Param "network/servers" -}}
echo "server {{$at}} {{$server.name}} {{printf "%s:%v" $server.address $server.port}}"
{{end -}}
case "$name" in
  *) mode={{.Param "network/mode" | default "dhcp" | lower}} ;;
esac
cat >/etc/network.json <<EOF
{{.ParamAsJSON "network/servers"}}EOF
echo "done"
exit 0
`;

/** How often per second the endpoint's engine renders a task's script. */
export async function templates({ seconds }: Pick<Bench, 'seconds'>): Promise<Section> {
  const blockLines = BLOCK.trimEnd().split('\n').length;
  const script = BLOCK.repeat(LINES / blockLines);
  const params: Readonly<Record<string, unknown>> = {
    'network/mode': 'DHCP',
    'network/servers': Array.from({ length: 3 }, (_, at) => ({
      name: `s${at}`,
      address: '10.0.0.1',
      port: 53,
    })),
  };
  const never = () => {
    throw new Error('the script asks for none');
  };
  const sources: RenderSources = {
    machine: { Name: 'web1.example.com', Uuid: '3e7031fc-3062-45f1-835c-92541bc9cbd3', Params: params },
    param: (name) => (Object.hasOwn(params, name) ? params[name] : undefined),
    composedParam: never,
    urls: {
      ProvisionerAddress: '',
      ProvisionerURL: '',
      SecureProvisionerURL: '',
      ApiURL: '',
      ProvisionerHostURL: '',
      SecureProvisionerHostURL: '',
      ApiHostURL: '',
    },
    token: never,
    info: never,
  };
  const common = new Templates();
  const render = () =>
    renderTarget(
      { prefix: 'tasks', key: 'task', templates: [{ Name: 'script.sh', Contents: script }] },
      common,
      sources,
    );
  const rates = Array.from({ length: ROUNDS }, () => {
    let count = 0;
    const [begun, used] = [performance.now(), process.cpuUsage()];
    do {
      render();
      count += 1;
    } while (performance.now() - begun < seconds * 1000);
    const { user, system } = process.cpuUsage(used);
    return (count * 1_000_000) / (user + system);
  });
  return {
    title: 'Templates',
    figures: [
      {
        what: `a task of ${script.trimEnd().split('\n').length} lines`,
        value: median(rates),
        unit: 'per s of CPU',
        ratio: { value: median(rates) / WANTED, over: `${WANTED} per s`, goal: GOAL },
      },
    ],
    notes: [
      `${ROUNDS} rounds of ${seconds} s, in one process. A neighbour on the machine takes no CPU time from it. Parsed and rendered each time, as the development endpoint does for a job.`,
    ],
  };
}
