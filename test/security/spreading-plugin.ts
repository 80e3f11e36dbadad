import { action, definePlugin, run } from '../../lib/plugin/index.ts';

const names = () => Object.getOwnPropertyNames(Object.prototype).sort().join();
const before = names();
const kept: unknown[] = [];

/** Copies with all that is in it, in the ways that plugins do. */
function spread(value: unknown): unknown[] {
  const target: Record<string, unknown> = {};
  if (typeof value !== 'object' || value === null) return [];
  for (const [key, inner] of Object.entries(value)) target[key] = inner;
  return [{ ...value }, Object.assign({}, value), target, ...Object.values(value).flatMap(spread)];
}

/** A provider that does carelessly with what it is sent what can be done with it, and tells of what came of it. */
run(
  definePlugin({
    name: 'spreading',
    summary: 'Copies what it is sent',
    hasPublish: true,
    config: ({ params }) => {
      kept.push(...spread(params));
    },
    onEvent: ({ event }) => {
      kept.push(...spread(event));
    },
    actions: {
      spread: action({
        model: 'system',
        run: ({ params, model }) => {
          kept.push(...spread(params), ...spread(model));
          const polluted = kept.filter(
            (copy) => Object(copy).polluted === 'yes' && !Object.hasOwn(Object(copy), 'polluted'),
          );
          return { polluted, before: names() === before };
        },
      }),
    },
  }),
);
