import { definePlugin } from 'drp-plugins/plugin';
import { contentYamlString } from '../../content/NAME.generated.ts';

const LIMIT_MS = 10_000;

export default definePlugin({
  name: 'NAME',
  summary: 'Watches whether a service answers, and makes an event when that changes',
  content: contentYamlString,
  // The endpoint makes a plugin of this name by itself. It starts once its required params are set.
  autoStart: true,
  requiredParams: ['NAME/url'],
  optionalParams: ['NAME/interval'],
  config({ params, background, publish, log }) {
    const url = params['NAME/url'];
    // Until the next config. What this throws is in the endpoint's log, and it begins again after a pause.
    background(async (signal, clock) => {
      for (let before = ''; ; await clock.sleep(params['NAME/interval'] * 1000)) {
        const state = (await answers(url, signal)) ? 'up' : 'down';
        if (state === before) continue;
        log.info(`${url} is ${state}`);
        await publish({ Type: 'NAME', Action: state, Key: url });
        before = state;
      }
    });
  },
});

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    const { ok, body } = await fetch(url, { signal: limit });
    await body?.cancel();
    return ok;
  } catch {
    // The plugin stops, and nothing can be said of the service.
    signal.throwIfAborted();
    return false;
  }
}
