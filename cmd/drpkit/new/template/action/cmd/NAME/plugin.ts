import { action, definePlugin } from 'drp-plugins/plugin';
import { contentYamlString, type Params } from '../../content/NAME.generated.ts';

export default definePlugin<Params>({
  name: 'NAME',
  summary: 'Greets machines',
  content: contentYamlString,
  // The endpoint makes a plugin of this name by itself.
  autoStart: true,
  actions: {
    greet: action({
      model: 'machines',
      optionalParams: ['NAME/greeting'],
      run: ({ model, params, log }) => {
        log.info(`greeting ${model.Name}`);
        return `${params['NAME/greeting']}, ${model.Name}!`;
      },
    }),
  },
});
