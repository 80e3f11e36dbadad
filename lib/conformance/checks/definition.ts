import { isObject, PLUGIN_VERSION, versionProblem } from '../../models/index.ts';
import { readYaml } from '../../yaml/index.ts';
import { isTextList } from '../answer.ts';
import type { Check } from '../check.ts';
import { Broken, expect, NotApplicable, shown } from '../outcome.ts';
import { definitionIn } from '../subject.ts';

const WRAPPER = 'plugin/plugin.go, InitApp';
const MODEL = 'models/plugin_provider.go';

const TEXTS = ['Name', 'Version', 'Documentation', 'Content'];
const FLAGS = ['AutoStart', 'HasPublish'];
const NAMES = ['RequiredParams', 'OptionalParams'];

/** Checks of the output of `define`. */
export const DEFINITION: readonly Check[] = [
  {
    id: 'define',
    what: 'define prints one JSON object, on stdout and stderr nothing else, and ends with code 0',
    source: `${WRAPPER}; the endpoint reads both outputs as one (hartsock/provision: backend/plugin_controller.go)`,
    async run(subject) {
      const { how, code, stdout, stderr, error } = await subject.defined();
      expect(how === 'exit', `it was not run to its end (${how}) ${error?.message ?? ''}`.trimEnd());
      expect(code === 0, `it ends with code ${code}: ${shown(stderr || stdout)}`);
      expect(stderr === '', `stderr has ${shown(stderr)}`);
      expect(definitionIn(stdout) !== undefined, `stdout has ${shown(stdout)}`);
    },
  },
  {
    id: 'define-plugin-version',
    what: `PluginVersion is ${PLUGIN_VERSION}`,
    source: 'the endpoint skips others (hartsock/provision: backend/plugin_controller.go)',
    async run(subject) {
      const { PluginVersion } = await subject.definition();
      expect(PluginVersion === PLUGIN_VERSION, `it is ${shown(PluginVersion)}`);
    },
  },
  {
    id: 'define-version',
    what: 'Version is one that an endpoint can read',
    source:
      'an endpoint with another in its plugins folder does not start (hartsock/provision, gofunky/semver)',
    async run(subject) {
      const { Version } = await subject.definition();
      expect(typeof Version === 'string', `it is ${shown(Version)}`);
      const problem = versionProblem(Version);
      expect(problem === undefined, String(problem));
    },
  },
  {
    id: 'define-fields',
    what: 'the fields have the types of models.PluginProvider',
    source: MODEL,
    async run(subject) {
      const definition = await subject.definition();
      const wrong = (name: string, fits: boolean) => (fits ? [] : [`${name} is ${shown(definition[name])}`]);
      const absent = (name: string) => definition[name] === undefined || definition[name] === null;
      const { Name, Meta, StoreObjects } = definition;
      const problems = [
        ...wrong('Name', typeof Name === 'string' && Name !== ''),
        ...TEXTS.flatMap((name) => wrong(name, absent(name) || typeof definition[name] === 'string')),
        ...FLAGS.flatMap((name) => wrong(name, absent(name) || typeof definition[name] === 'boolean')),
        ...NAMES.flatMap((name) => wrong(name, absent(name) || isTextList(definition[name]))),
        ...wrong('Meta', absent('Meta') || isObject(Meta)),
        ...wrong('StoreObjects', absent('StoreObjects') || isObject(StoreObjects)),
      ];
      expect(problems.length === 0, problems.join('; '));
    },
  },
  {
    id: 'define-actions',
    what: 'AvailableActions is a list of actions, each with a Command and lists of params',
    source: 'models/available_action.go',
    async run(subject) {
      const { AvailableActions: actions, Name } = await subject.definition();
      if (actions === undefined || actions === null) throw new NotApplicable('it has no actions');
      expect(Array.isArray(actions), `it is ${shown(actions)}`);
      for (const action of actions) {
        expect(isObject(action), `an action is ${shown(action)}`);
        const { Command, Model, Provider } = action;
        expect(
          typeof Command === 'string' && Command !== '',
          `the Command of an action is ${shown(Command)}`,
        );
        for (const [field, value] of Object.entries({ Model, Provider })) {
          const fits = value === undefined || typeof value === 'string';
          expect(fits, `${field} of action ${Command} is ${shown(value)}`);
        }
        expect(!Provider || Provider === Name, `Provider of action ${Command} is ${shown(Provider)}`);
        for (const field of NAMES) {
          const params = action[field];
          const fits = params === undefined || params === null || isTextList(params);
          expect(fits, `${field} of action ${Command} is ${shown(params)}`);
        }
      }
    },
  },
  {
    id: 'define-content',
    what: 'Content is a content pack as YAML',
    source: `${MODEL}; models/content.go`,
    async run(subject) {
      const { Content } = await subject.definition();
      if (!Content) throw new NotApplicable('it brings no content');
      const pack = packIn(String(Content));
      expect(isObject(pack) && isObject(pack.meta), 'it has no meta');
      expect(
        typeof pack.meta.Name === 'string' && pack.meta.Name !== '',
        `meta.Name is ${shown(pack.meta.Name)}`,
      );
      const { sections } = pack;
      expect(
        sections === undefined || sections === null || isObject(sections),
        `sections is ${shown(sections)}`,
      );
    },
  },
  {
    id: 'define-debug',
    what: 'define with --debug prints the same definition',
    source: `${WRAPPER} (persistent flag -d)`,
    async run(subject) {
      await subject.definition();
      const [plain, debug] = [await subject.defined(), await subject.command('define', '--debug')];
      expect(debug.code === 0, `it ends with code ${debug.code}: ${shown(debug.stderr)}`);
      const [before, after] = [definitionIn(plain.stdout), definitionIn(debug.stdout)];
      expect(after !== undefined && sorted(before) === sorted(after), 'it prints another one');
    },
  },
];

function packIn(text: string): unknown {
  try {
    return readYaml(text);
  } catch (error) {
    throw new Broken(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** JSON with sorted members, since Go programs print maps in any order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
