import { definePlugin } from 'drp-plugins/plugin';
import { contentYamlString } from '../../content/NAME.generated.ts';
import { PAGE_HEADERS, page } from './page.ts';

let title = '';

export default definePlugin({
  name: 'NAME',
  summary: 'Shows how far machines are',
  content: contentYamlString,
  // The endpoint makes a plugin of this name by itself.
  autoStart: true,
  optionalParams: ['NAME/title'],
  config({ params }) {
    title = params['NAME/title'];
  },
  // Below https://ENDPOINT/plugin-apis/NAME, for those whom the endpoint knows. A browser: .../plugin-apis/NAME/?token=TOKEN
  async routes({ method, path, api, signal }) {
    if (method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    const machines = () => api.objects('machines').list({ sort: ['Name'], slim: ['Params', 'Meta'], signal });
    switch (path) {
      case '/':
        return { headers: PAGE_HEADERS, body: page(title, await machines()) };
      case '/machines':
        return { body: (await machines()).map(({ Name, Stage, Runnable }) => ({ Name, Stage, Runnable })) };
      default:
        return { status: 404 };
    }
  },
});
