import path from 'node:path';
import { type Group, takes } from '../command.ts';
import { downloaded } from '../download.ts';
import { openSource } from '../source.ts';

/** Commands for the files below `files` or `isos` of the endpoint. */
export function blobGroup(kind: 'files' | 'isos'): Group {
  const what = kind === 'files' ? 'file' : 'image';
  return {
    commands: [
      {
        use: 'list [path]',
        summary: `List the ${kind} of the endpoint, or those in a folder`,
        details: 'Names of folders end with a slash.',
        flags: [{ name: 'recurse', about: 'The files in all folders below, too, by their paths' }],
        check: (args, useLine) => (args.length <= 1 ? undefined : `${useLine}: Expected 0 or 1 argument`),
        async run(context) {
          const blobs = (await context.endpoint())[kind]();
          await context.show(await blobs.list(context.args[0], { recurse: context.on('recurse') }));
        },
      },
      {
        use: 'download [item] to [dest]',
        aliases: ['show', 'get'],
        summary: `Download a ${what}; to stdout, unless told where to`,
        details: 'What is there already is not downloaded again, and a download that broke off goes on.',
        examples: [`download ${kind === 'files' ? 'notes.txt to notes.txt' : 'install.iso to install.iso'}`],
        check: takes([1, 3], '1 or 2 arguments'),
        async run(context) {
          const [item = '', , file = '-'] = context.args;
          const endpoint = await context.endpoint();
          if (file === '-') await downloaded(endpoint, [kind, item], file);
          else await endpoint[kind]().download(item, file);
        },
      },
      {
        use: 'exists [item]',
        summary: `Fail when there is no such ${what}, else show its checksum (SHA-256)`,
        check: takes([1], '1'),
        async run(context) {
          const [item = ''] = context.args;
          await context.say(`${item}: ${(await (await context.endpoint())[kind]().sum(item)) ?? ''}`);
        },
      },
      {
        use: 'upload [src] as [dest]',
        summary: `Upload a ${what}, under its own name unless given another`,
        details: `The source is a file, or an http or https URL. With --explode, the endpoint unpacks what it got (.tar, .tar.gz, .zip
and others) into the folder that it was uploaded to.`,
        examples: kind === 'files' ? ['upload my.zip as mypath/my.zip --explode'] : ['upload install.iso'],
        flags: [{ name: 'explode', about: 'Unpack the archive at the endpoint' }],
        check: takes([1, 3], '1 or 2 arguments'),
        async run(context) {
          const [source = '', , name = path.basename(source)] = context.args;
          const bytes = await openSource(source);
          const blobs = (await context.endpoint())[kind]();
          await context.show(await blobs.upload(name, bytes, { explode: context.on('explode') }));
        },
      },
      {
        use: 'destroy [item]',
        summary: `Delete a ${what}, or a folder that is empty`,
        check: takes([1]),
        async run(context) {
          await (await context.endpoint())[kind]().remove(context.arg(0));
          await context.say(`Deleted ${context.arg(0)}`);
        },
      },
    ],
  };
}
