import { contentYamlString } from '../../content/ipmi.generated.ts';
import {
  type ActionDeclaration,
  action,
  definePlugin,
  type RouteAnswer,
  type RouteRequest,
} from '../../lib/plugin/index.ts';
import type { CallMetrics } from './metrics.ts';
import type { ParamName, Params } from './params.ts';

/** The feature that endpoints need: without it they would send passwords in the clear, or not at all. */
const NEEDED_FEATURE = 'secure-param-upgrade';

let loadedModes: Promise<typeof import('./modes.ts')> | undefined;
let loadedMetrics: Promise<CallMetrics> | undefined;
/** Loaded by the first action and kept: importing it for each call takes longer than many calls do. */
let loaded: Awaited<ReturnType<typeof load>> | undefined;

const bootMode = { before: ['detected-bios-mode'] } as const;
const consoleParams = { optional: ['ipmi/console-take-over'] } as const;
const powerResult = { optional: ['ipmi/result-format'] } as const;
const powerChange = { optional: ['ipmi/result-format', 'ipmi/wait-for-power'] } as const;

const actions = {
  poweron: onMachine(powerChange),
  poweroff: onMachine(powerChange),
  powercycle: onMachine(powerChange),
  nextbootcd: onMachine(bootMode),
  nextbootpxe: onMachine(bootMode),
  nextbootdisk: onMachine(bootMode),
  forcebootpxe: onMachine(bootMode),
  forcebootdisk: onMachine(bootMode),
  identify: onMachine({ optional: ['ipmi/identify-duration'] }),
  powerstatus: onMachine(powerResult),
  status: onMachine(),
  getInfo: onMachine(),
  getBios: onMachine(),
  getMemory: onMachine(),
  getStorage: onMachine(),
  getSimpleStorage: onMachine(),
  getProcessor: onMachine(),
  getNetworkInterfaces: onMachine(),
  getEthernetInterfaces: onMachine(),
  getSecureBoot: onMachine(),
  getBoot: onMachine(),
  mountVirtualMedia: onMachine({
    after: ['ipmi/virtual-media-url', 'ipmi/virtual-media-boot'],
    optional: [
      'ipmi/virtual-media-username',
      'ipmi/virtual-media-password',
      'ipmi/virtual-media-transfer-protocol',
    ],
  }),
  unmountVirtualMedia: onMachine(),
  statusVirtualMedia: onMachine(),
  sel: onMachine(),
  sensors: onMachine(),
  powerreset: onMachine(powerChange),
  powersoft: onMachine(powerChange),
  nmi: onMachine(),
  nextbootbios: onMachine(bootMode),
  nextbootHttp: onMachine({ optional: ['ipmi/http-boot-url'] }),
  clearBoot: onMachine(),
  clearSel: onMachine(),
  solInfo: onMachine(),
  getLan: onMachine(),
  console: onMachine(consoleParams),
  watchConsole: onMachine(consoleParams),
  getUsers: onMachine(),
  setUserPassword: onMachine({ after: ['ipmi/user', 'ipmi/user-password'] }),
  setSecureBoot: onMachine({ after: ['ipmi/secure-boot'] }),
  resetBios: onMachine(),
  resetBmc: onMachine({ optional: ['ipmi/wait-for-bmc'] }),
  getLicense: onMachine(),
  getCertificates: onMachine(),
  getFirmware: onMachine(),
  updateFirmware: onMachine({
    optional: [
      'ipmi/firmware-url',
      'ipmi/firmware-file',
      'ipmi/firmware-targets',
      'ipmi/firmware-apply-time',
      'ipmi/firmware-time',
    ],
  }),
  'range-scan': action<Params, ParamName, ParamName>({
    model: 'plugins',
    requiredParams: ['ipmi/discover/scan-start-address', 'ipmi/discover/scan-end-address'],
    optionalParams: [
      'ipmi/discover/credentials',
      'ipmi/discover/ports',
      'ipmi/discover/concurrency',
      'ipmi/discover/scan-timeout',
      'ipmi/discover/create-machines',
      'ipmi/port-redfish',
    ],
    run: async (context) =>
      (await metrics()).counted(context, async () => (await import('./range-scan.ts')).rangeScan(context)),
  }),
};

/** Power, boot, inventory and media of machines, through their BMCs. */
const plugin = definePlugin<Params>({
  name: 'ipmi',
  summary: 'Provides out-of-band IPMI controls',
  content: contentYamlString,
  autoStart: true,
  config: async ({ api, signal }) => {
    const { features } = await api.info({ signal });
    if (features.includes(NEEDED_FEATURE)) return;
    const { refusal } = await import('../../lib/ipmi/index.ts');
    throw refusal(500, `dr-provision missing ${NEEDED_FEATURE}`);
  },
  stop: async () => (await loadedModes)?.closeModes(),
  routes: async (request) => {
    if (request.path === '/metrics') return metricsPage(request);
    const { consoleRoutes } = await import('./console/routes.ts');
    return consoleRoutes((await loadedModes)?.consoles, request);
  },
  actions,
});

export default plugin;

/** An action on the machine's BMC, with its own params besides those that all such actions need. */
function onMachine(
  params: {
    /** Required params, listed before the common ones. */
    before?: readonly ParamName[];
    after?: readonly ParamName[];
    optional?: readonly ParamName[];
  } = {},
): ActionDeclaration<Params> {
  const { before = [], after = [], optional = [] } = params;
  return action({
    model: 'machines',
    requiredParams: [...before, 'ipmi/username', 'ipmi/password', 'ipmi/address', 'ipmi/mode', ...after],
    optionalParams: [
      'ipmi/port-ipmitool',
      'ipmi/port-racadm',
      'ipmi/port-redfish',
      'ipmi/port-lpar',
      'ipmi/lpar-id',
      ...optional,
      'ipmi/cipher-suite',
      'ipmi/redfish-system',
      'ipmi/ca',
      'ipmi/tls-old',
      'ipmi/retry-time',
      'ipmi/privilege-level',
      'ipmi/kg-key',
      'ipmi/transport',
    ],
    // `act` refuses an unknown mode, with the message of the Go ipmi plugin.
    uncheckedParams: ['ipmi/mode'],
    run: async ({ plugin, command, model, params, api, log, signal }) => {
      loaded ??= await load();
      const { act, modes, calls } = loaded;
      const keepPassword = (password: string) =>
        api.params('machines', model.Uuid).setSecure('ipmi/password', password, { signal });
      const downloadFile = (path: string, to: string) => api.files().download(path, to, { signal });
      const request = { plugin, command, params, keepPassword, downloadFile, log, signal };
      return calls.counted(request, (onTransport) => act(modes, { ...request, onTransport }));
    },
  });
}

async function load() {
  loadedModes ??= import('./modes.ts');
  const [{ act }, { modes }, calls] = await Promise.all([import('./act.ts'), loadedModes, metrics()]);
  return { act, modes, calls };
}

function metrics(): Promise<CallMetrics> {
  loadedMetrics ??= import('./metrics.ts').then(({ CallMetrics }) => new CallMetrics(Object.keys(actions)));
  return loadedMetrics;
}

/** Answers `/plugin-apis/PLUGIN/metrics` for Prometheus. */
async function metricsPage(request: RouteRequest): Promise<RouteAnswer> {
  const open = (await loadedModes)?.openNow() ?? { sessions: 0, consoles: 0 };
  const { Version: version } = plugin.definition;
  return (await metrics()).answer(request, { ...open, refused: request.refusedActions, version });
}
