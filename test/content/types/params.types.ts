// Assertions about types, which `tsc --noEmit` checks: what stands alone must compile, and what stands below an
// expected error must not.
import { action, definePlugin } from '../../../lib/plugin/index.ts';
import { contentYamlString, type Params } from '../../fixtures/content/typed.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function isTrue<T extends true>(): T | undefined {
  return undefined;
}

// A param with a default is there, one without may be absent.
isTrue<Equal<Params['typed/port'], number>>();
isTrue<Equal<Params['typed/user'], string | undefined>>();
isTrue<Equal<Params['typed/password'], string>>();
isTrue<Equal<Params['typed/anything'], unknown>>();
isTrue<Equal<Params['typed/names'], string[]>>();

// Enums are unions.
isTrue<Equal<Params['typed/mode'], 'fast' | 'slow*/ly'>>();
isTrue<Equal<Params['typed/levels'], 1 | 2 | null | true | 'low' | undefined>>();

// Objects and arrays are typed in depth, through references too.
type Disk = NonNullable<Params['typed/disks']>[number];
isTrue<Equal<Disk['name'], string>>();
isTrue<Equal<Disk['size'], number | string | undefined>>();
isTrue<Equal<NonNullable<Disk['labels']>, { [name: string]: string }>>();
type Partition = NonNullable<Disk['partitions']>[number];
isTrue<Equal<Partition['start'], number>>();
isTrue<Equal<Partition['kind'], 'primary' | 'logical' | undefined>>();
isTrue<Equal<Params['typed/choice'], string | { id: number } | null | undefined>>();
isTrue<Equal<Params['typed/pair'], [string?, number?] | undefined>>();
const both: Params['typed/both'] = { a: '', b: true };

const params: Params = {
  'typed/mode': 'fast',
  'typed/names': [],
  'typed/password': '',
  'typed/port': 1,
  'typed/disks': [{ name: 'sda', partitions: [{ start: 0, kind: 'primary' }] }],
};
// @ts-expect-error: a misspelt param
params['typed/prot'];
// @ts-expect-error: not one of the enum's values
params['typed/mode'] = 'quick';
// @ts-expect-error: a number
params['typed/port'] = '80';
// @ts-expect-error: may be absent
params['typed/user'].length;
// @ts-expect-error: a required property of an item is absent
params['typed/disks'] = [{ size: 1 }];
// @ts-expect-error: one of the two is absent
params['typed/both'] = { a: '' };
// @ts-expect-error: params with a default are absent
const incomplete: Params = { 'typed/user': 'x' };

// An action is given the params that it asks for: required ones and those with a default are there.
export const plugin = definePlugin<Params>({
  name: 'typed',
  summary: 'Checks types',
  content: contentYamlString,
  requiredParams: ['typed/user'],
  // @ts-expect-error: a misspelt param
  optionalParams: ['typed/pasword'],
  actions: {
    run: action({
      model: 'machines',
      requiredParams: ['typed/user'],
      optionalParams: ['typed/port', 'typed/disks'],
      run: ({ params: given }) => {
        isTrue<Equal<(typeof given)['typed/user'], string>>();
        isTrue<Equal<(typeof given)['typed/port'], number>>();
        isTrue<Equal<(typeof given)['typed/disks'], Params['typed/disks']>>();
        // @ts-expect-error: not asked for
        given['typed/mode'];
        // @ts-expect-error: may be absent
        return given['typed/disks'].length;
      },
    }),
    misspelt: action({
      model: 'machines',
      // @ts-expect-error: a misspelt param
      requiredParams: ['typed/usr'],
      run: () => undefined,
    }),
  },
});

export const used: unknown = [both, incomplete];
