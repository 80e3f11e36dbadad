import { ModelError } from '../../../lib/models/index.ts';
import { action, definePlugin, run } from '../../../lib/plugin/index.ts';

let said = '';

const content = `
meta:
  Name: sample
sections:
  params:
    sample/token:
      Name: sample/token
      Secure: true
      Schema: { type: string }
    sample/word:
      Name: sample/word
      Schema: { type: string }
`;

/** A provider with a secret param, an action of the system and routes. */
run(
  definePlugin({
    name: 'sample',
    summary: 'Says what its params are',
    content,
    optionalParams: ['sample/token', 'sample/word'],
    config({ params }) {
      if (params['sample/word'] === 'refuse') throw new ModelError(400, 'this word is refused');
      said = `${params['sample/word']}, ${params['sample/token']}`;
    },
    routes: ({ method, path, body, headers }) => ({
      status: 201,
      body: { method, path, body: body.toString(), own: headers['x-own'] },
    }),
    actions: { say: action({ model: 'system', run: () => said }) },
  }),
);
