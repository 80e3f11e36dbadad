import { promisify } from 'node:util';
import type { Command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { readText } from '../../input.ts';

const PASSWORD = 'As the password, - reads it from stdin, which keeps it out of the list of processes.';

const TOKEN_OPTIONS = new Set(['ttl', 'scope', 'action', 'specific']);

export const userCommands: readonly Command[] = [
  {
    use: 'password [id] [password]',
    summary: 'Set the password of a user',
    details: PASSWORD,
    examples: ['password fred -'],
    check: ({ length }, useLine) => (length === 2 ? undefined : `${useLine} needs 2 args`),
    async run(context) {
      const Password = await passwordOf(context, 1);
      const path = ['users', context.arg(0), 'password'];
      const endpoint = await context.endpoint();
      await context.show(await endpoint.request({ method: 'PUT', path, json: { Password } }));
    },
  },
  {
    use: 'passwordhash [password]',
    summary: 'Make the PasswordHash of a password, for users in content packs',
    details: PASSWORD,
    examples: ['passwordhash -'],
    offline: true,
    check: ({ length }, useLine) => (length === 1 ? undefined : `${useLine} needs 1 arg`),
    run: async (context) => context.say(await passwordHash(await passwordOf(context, 0))),
  },
  {
    use: 'token [id] [ttl [ttl]] [scope [scope]] [action [action]] [specific [specific]]',
    summary: 'Make a token that its holder can act with as the user',
    details: `ttl is how long the token is good for, in seconds. scope, action and specific say what for: a type of objects, what is
done with them, and the key of one; * for any.`,
    examples: ['token rocketskates ttl 600', 'token rocketskates scope machines action get'],
    check(args, useLine) {
      if (args.length === 0) return `${useLine} needs at least 1 arg`;
      const unknown = args.find((word, at) => at % 2 === 1 && !TOKEN_OPTIONS.has(word));
      if (unknown !== undefined) return `${useLine} does not support ${unknown}`;
      return args.length % 2 === 0 ? `${useLine} needs at least 1 and pairs arg` : undefined;
    },
    async run(context) {
      const [id = '', ...words] = context.args;
      const query = words.flatMap((word, at): [string, string][] =>
        at % 2 === 0 ? [[word, words[at + 1] ?? '']] : [],
      );
      await context.show(await (await context.endpoint()).request({ path: ['users', id, 'token'], query }));
    },
  },
];

async function passwordOf(context: Context, at: number): Promise<string> {
  const password = context.arg(at);
  return password === '-' ? (await readText('-')).replace(/\r?\n$/, '') : password;
}

/** A hash in the format of the Go package simple-scrypt: `N$r$p$SALT$HASH`, the last two in hex. */
async function passwordHash(password: string): Promise<string> {
  const { randomBytes, scrypt } = await import('node:crypto');
  const [N, r, p] = [16_384, 8, 1];
  const salt = randomBytes(16);
  const hash = await promisify<string, Buffer, number, object, Buffer>(scrypt)(password, salt, 32, {
    N,
    r,
    p,
  });
  return [N, r, p, salt.toString('hex'), hash.toString('hex')].join('$');
}
