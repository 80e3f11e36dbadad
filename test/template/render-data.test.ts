import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import {
  RenderData,
  type RenderSources,
  renderTarget,
  type TemplateInfo,
  Templates,
  type TokenRequest,
} from '../../lib/template/index.ts';

const MACHINE = {
  Name: 'm1.example.com',
  Uuid: '6e703114-2a1c-4b6c-8f0e-6a3a3b1f2d11',
  Address: '192.0.2.10',
  Arch: 'amd64',
  OS: 'centos-7',
  HardwareAddrs: ['52:54:00:00:00:01'],
  Profiles: ['global-ish', 'rack'],
  Tasks: ['one', 'two'],
  CurrentTask: 1,
  Runnable: true,
  Params: { color: 'red' },
  Meta: { icon: 'cloud' },
};

const ENV = {
  Name: 'centos-7-install',
  OS: {
    Name: 'centos-7',
    SupportedArchitectures: {
      x86_64: {
        Kernel: 'vmlinuz',
        Initrds: ['a/one.img', 'two.img'],
        BootParams: 'ks={{.Machine.Url}}/ks {{.Param "color"}}',
      },
      aarch64: { Kernel: 'vmlinuz-arm', Initrds: [], BootParams: '' },
    },
  },
};

const PARAMS: Readonly<Record<string, unknown>> = {
  color: 'red',
  count: 1_000_000,
  object: { b: '<&>', a: [1, true, null], text: 'yes' },
  expanded: 'I am {{.Machine.Name}}',
  'expanded-deep': { list: ['{{.Param "color"}}', 5], text: 'plain' },
  'expanded-badly': '{{.Param "nope"}}',
  'does-not-parse': '{{',
  recursive: '{{.ParamExpand "recursive"}}',
  'package-repositories': [
    {
      tag: 'base',
      os: ['centos-7'],
      arch: 'any',
      url: 'http://repo/base',
      components: ['os', 'updates'],
      distribution: '7',
    },
    { tag: 'install', os: ['centos-7'], arch: 'x86_64', url: 'http://repo/install', installSource: true },
    { tag: 'security', os: ['centos-7'], arch: 'amd64', url: 'http://repo/sec', securitySource: true },
    { tag: 'other', os: ['ubuntu-22.04'], arch: 'any', url: 'http://repo/ubuntu' },
    { tag: 'arm', os: ['centos-7'], arch: 'arm64', url: 'http://repo/arm' },
  ],
};

const asked: TokenRequest[] = [];

const SOURCES: RenderSources = {
  machine: MACHINE,
  bootEnv: ENV,
  stage: { Name: 'prep' },
  task: { Name: 'do-it' },
  param: (name) => (Object.hasOwn(PARAMS, name) ? PARAMS[name] : undefined),
  composedParam: (name) => (name === 'object' ? { composed: true } : undefined),
  urls: {
    ProvisionerAddress: '192.0.2.1',
    ProvisionerURL: 'http://192.0.2.1:8091',
    SecureProvisionerURL: 'https://192.0.2.1:8090',
    ApiURL: 'https://192.0.2.1:8092',
    ProvisionerHostURL: 'http://drp:8091',
    SecureProvisionerHostURL: 'https://drp:8090',
    ApiHostURL: 'https://drp:8092',
  },
  token: (request) => {
    asked.push(request);
    if (request.kind === 'profile' && request.profile !== 'rack') return undefined;
    return `a-token-${request.kind}`;
  },
  info: () => ({ version: 'v4.8.0', features: ['sane-exit-codes'] }),
};

const WITHOUT_MACHINE: RenderSources = {
  ...SOURCES,
  machine: undefined,
  bootEnv: undefined,
  task: undefined,
};

function render(text: string, sources = SOURCES): string {
  const templates = new Templates();
  templates.parse('shared.tmpl', '[{{.}}]');
  templates.parse('t', text);
  return templates.render('t', new RenderData(sources, templates).dot);
}

function rows(table: readonly (readonly [string, string])[], sources = SOURCES): void {
  for (const [text, output] of table) test(text, () => assert.equal(render(text, sources), output));
}

function errors(table: readonly (readonly [string, RegExp])[], sources = SOURCES): void {
  for (const [text, message] of table)
    test(text, () => assert.throws(() => render(text, sources), { name: 'TemplateError', message }));
}

suite('params', () => {
  rows([
    ['{{.Param "color"}} {{.Param "count"}}', 'red 1e+06'],
    ['{{.ParamExists "color"}} {{.ParamExists "nope"}}', 'true false'],
    ['{{.ParamAsJSON "object"}}|', '{"a":[1,true,null],"b":"\\u003c\\u0026\\u003e","text":"yes"}\n|'],
    ['{{.ParamAsYAML "object"}}|', 'a:\n- 1\n- true\n- null\nb: <&>\ntext: "yes"\n|'],
    ['{{.ParamExpand "expanded"}}', 'I am m1.example.com'],
    ['{{.ParamExpand "expanded-deep"}}', 'map[list:[red 5] text:plain]'],
    ['{{.ParamExpand "count"}}', '1e+06'],
    ['{{(.ComposeParam "object").composed}} {{(.ParamCompose "object").composed}}', 'true true'],
    ['{{.ParamComposeExpand "object"}}', 'map[composed:true]'],
    ['{{.StringExpand "<{{.Machine.ShortName}}>"}}', '<m1>'],
    ['{{.ObjectExpand (list "{{.Param \\"color\\"}}" 1)}}', '[red 1]'],
    ['{{.Param "expanded"}}', 'I am {{.Machine.Name}}'],
  ]);
  errors([
    ['{{.Param "nope"}}', /at <\.Param>: error calling Param: No such machine parameter nope$/],
    ['{{.ParamAsJSON "nope"}}', /error calling ParamAsJSON: No such machine parameter nope$/],
    ['{{.ComposeParam "color"}}', /error calling ComposeParam: No such machine parameter color$/],
    [
      '{{.ParamExpand "expanded-badly"}}',
      /error calling ParamExpand: Error rendering parameter expanded-badly: template: machine:1:2: executing "machine" at <\.Param>: error calling Param: No such machine parameter nope$/,
    ],
    [
      '{{.ParamExpand "does-not-parse"}}',
      /error calling ParamExpand: Error compiling parameter does-not-parse: template: machine:1: unclosed action$/,
    ],
    [
      '{{.ParamExpand "recursive"}}',
      /^template: t:1:2: executing "t" at <\.ParamExpand>: nests more than 1000 levels deep$/,
    ],
  ]);

  test('an empty or false param is there', () => {
    const sources = { ...SOURCES, param: (name: string) => (name === 'null' ? null : undefined) };
    assert.equal(render('{{.ParamExists "null"}} {{.Param "null"}}', sources), 'true <no value>');
  });
});

suite('the machine', () => {
  rows([
    ['{{.Machine.Name}} {{.Machine.ShortName}} {{.Machine.UUID}}', `m1.example.com m1 ${MACHINE.Uuid}`],
    ['{{.Machine.Uuid}} {{.Machine.Key}}', `${MACHINE.Uuid} ${MACHINE.Uuid}`],
    [
      '{{.Machine.Path}} {{.Machine.Url}}',
      `machines/${MACHINE.Uuid} http://192.0.2.1:8091/machines/${MACHINE.Uuid}`,
    ],
    ['{{.Machine.Address}} {{.Machine.HexAddress}}', '192.0.2.10 C000020A'],
    [
      '{{.Machine.MacAddr}} {{.Machine.MacAddr "pxelinux"}} {{.Machine.MacAddr "rpi4"}} {{.Machine.MacAddr "ipxe"}}',
      '52:54:00:00:00:01 01-52-54-00-00-00-01 52-54-00-00-00-01 52:54:00:00:00:01',
    ],
    ['{{.Machine.HasProfile "rack"}} {{.Machine.HasProfile "nope"}}', 'true false'],
    [
      '{{range .Machine.Tasks}}{{.}} {{end}}{{.Machine.CurrentTask}} {{eq .Machine.CurrentTask 1}} {{.Machine.Runnable}}',
      'one two 1 true true',
    ],
    ['{{.Machine.Params.color}} {{index .Machine.Meta "icon"}}', 'red cloud'],
  ]);
  errors([
    ['{{.Machine.Nope}}', /can't evaluate field Nope in type \*backend\.rMachine$/],
    ['{{.Machine.constructor}}', /can't evaluate field constructor/],
    ['{{.Machine.Params.nope}}', /map has no entry for key "nope"$/],
  ]);

  suite('may not be there', () => {
    rows([['{{if .Machine}}yes{{else}}no{{end}}{{if .Env}}yes{{else}}no{{end}}', 'nono']], WITHOUT_MACHINE);
    errors([['{{.Machine.Name}}', /nil pointer evaluating \*backend\.rMachine\.Name$/]], WITHOUT_MACHINE);
  });
});

suite('the boot environment', () => {
  rows([
    [
      '{{.Env.Name}} {{.Env.OS.Name}} {{.Env.OS.FamilyName}} {{.Env.OS.FamilyVersion}} {{.Env.OS.FamilyType}}',
      'centos-7-install centos-7 centos 7 rhel',
    ],
    ['{{.Env.OS.VersionEq "7"}} {{.Env.OS.VersionEq "07"}} {{.Env.OS.VersionEq "7.3"}}', 'true true false'],
    [
      '{{.Env.PathFor "http" "k"}} {{.Env.PathFor "tftp" "k"}}',
      'http://192.0.2.1:8091/centos-7/install/k centos-7/install/k',
    ],
    ['{{.Env.PathForArch "tftp" "k" "arm64"}}', 'centos-7/aarch64/install/k'],
    [
      '{{.Env.Kernel}} {{.Env.KernelFor "aarch64"}} {{.Env.Initrds}}',
      'vmlinuz vmlinuz-arm [a/one.img two.img]',
    ],
    ['{{.Env.JoinInitrds "tftp"}}', 'centos-7/install/a/one.img centos-7/install/two.img'],
    ['{{.Env.InstallUrl}}', 'http://repo/install'],
    [
      '{{.BootParams}}|{{.Env.BootParams}}',
      `ks=http://192.0.2.1:8091/machines/${MACHINE.Uuid}/ks red|ks=http://192.0.2.1:8091/machines/${MACHINE.Uuid}/ks red`,
    ],
    ['{{.BootParamsFor "arm64"}}|', '|'],
  ]);
  errors([
    ['{{.Env.PathFor "nfs" "k"}}', /error calling PathFor: Unknown protocol nfs$/],
    ['{{.Env.PathForArch "http" "k" "s390x"}}', /error calling PathForArch: Unknown arch s390x$/],
  ]);
  errors([['{{.BootParams}}', /error calling BootParams: Missing bootenv$/]], WITHOUT_MACHINE);
});

suite('the endpoint', () => {
  rows([
    [
      '{{.ProvisionerAddress}} {{.ProvisionerURL}} {{.SecureProvisionerURL}} {{.ApiURL}}',
      '192.0.2.1 http://192.0.2.1:8091 https://192.0.2.1:8090 https://192.0.2.1:8092',
    ],
    [
      '{{.ProvisionerHostURL}} {{.SecureProvisionerHostURL}} {{.ApiHostURL}}',
      'http://drp:8091 https://drp:8090 https://drp:8092',
    ],
    ['{{.Info.version}} {{has "sane-exit-codes" .Info.features}}', 'v4.8.0 true'],
    ['{{.Stage.Name}} {{.Task.Name}} {{.Task.TargetOS}}', 'prep do-it linux'],
    ['{{.GenerateToken}} {{.GenerateInfiniteToken}}', 'a-token-known a-token-infinite'],
    ['{{.GenerateProfileToken "rack" 7200}}', 'a-token-profile'],
    [
      '{{.GenerateProfileToken "nope" 7200}} {{.GenerateProfileToken "global-ish" 7200}}',
      'InvalidTokenNotAllowedNotOnMachine InvalidTokenNotAllowedNoProfile',
    ],
    [
      '{{.ParseUrl "scheme" .ApiURL}} {{.ParseUrl "host" .ApiURL}} {{.ParseURL "path" "http://h/a%20b"}}',
      'https 192.0.2.1:8092 /a b',
    ],
    [
      '{{.CallTemplate "shared.tmpl" .Machine.Name}} {{.CallTemplate (print "shared" ".tmpl") 1}}',
      '[m1.example.com] [1]',
    ],
  ]);
  errors([
    [
      '{{.ParseUrl "port" "http://h"}}',
      /error calling ParseUrl: No idea how to get URL part port from http:\/\/h$/,
    ],
    ['{{.CallTemplate "nope" .}}', /error calling CallTemplate: Missing template: nope$/],
    ['{{.GenerateProfileToken "rack" "x"}}', /expected integer; found "x"$/],
  ]);
  rows(
    [
      [
        '{{.GenerateToken}}|{{.GenerateInfiniteToken}}|{{.GenerateProfileToken "rack" 1}}',
        'a-token-unknown||UnknownMachineTokenNotAllowed',
      ],
    ],
    WITHOUT_MACHINE,
  );

  test('a token for a profile has the time that was asked for, or a long one', () => {
    asked.length = 0;
    render('{{.GenerateProfileToken "rack" 7200}}{{.GenerateProfileToken "rack" 0}}');
    assert.deepEqual(asked, [
      { kind: 'profile', profile: 'rack', seconds: 7200 },
      { kind: 'profile', profile: 'rack', seconds: 2_000_000_000 },
    ]);
  });
});

suite('package repositories', () => {
  rows([
    [
      '{{range .Repos "base" "other"}}{{.Tag}} {{.URL}} {{end}}',
      'base http://repo/base other http://repo/ubuntu ',
    ],
    ['{{range .MachineRepos}}{{.Tag}} {{end}}', 'base install security '],
    ['{{range .InstallRepos}}{{.Tag}} {{end}}', 'install security '],
    [
      '{{range .Repos "base"}}{{.JoinedComponents}} {{.UrlFor "os"}} {{.R.Machine.ShortName}}{{end}}',
      'os updates http://repo/base m1',
    ],
    ['{{with index .MachineRepos 0}}{{.UrlFor "os"}}{{end}}', 'http://repo/base/7/os/$basearch'],
    [
      '{{with index .InstallRepos 0}}{{.Install}}{{end}}',
      'install\nurl --url http://repo/install\nrepo --name="install" --baseurl=http://repo/install --cost=100\n',
    ],
    [
      '{{with index .MachineRepos 2}}{{.Lines}}{{end}}',
      '\n[security]\nname=centos-7 - security\nbaseurl=http://repo/sec\ngpgcheck=0\n',
    ],
  ]);
  errors([
    [
      '{{range .Repos "base"}}{{.Install}}{{end}}',
      /error calling Install: No idea how to handle repos for $/,
    ],
  ]);

  test('a medium that the endpoint has comes first, in place of other install sources', () => {
    const sources = {
      ...SOURCES,
      localRepository: () => ({
        tag: 'local',
        os: ['centos-7'],
        url: 'http://here/centos-7',
        installSource: true,
      }),
    };
    assert.equal(render('{{range .MachineRepos}}{{.Tag}} {{end}}', sources), 'local base security ');
    assert.equal(render('{{.Env.InstallUrl}}', sources), 'http://here/centos-7');
  });
});

suite('the templates of a task', () => {
  const common = new Templates();
  common.parse('setup.tmpl', 'setup of {{.Machine.ShortName}}\n');
  common.parse('broken.tmpl', '{{.Param "nope"}}');
  const rendered = (
    templates: TemplateInfo[],
    prefix: 'tasks' | 'bootenvs' = 'tasks',
    requiredParams: string[] = [],
  ) => renderTarget({ prefix, key: 'do-it', templates, requiredParams }, common, SOURCES);
  const problems = (...args: Parameters<typeof rendered>): string[] => {
    try {
      rendered(...args);
      return [];
    } catch (error) {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 422);
      return error.messages;
    }
  };

  test('are rendered by ID or as they are written out, and include each other', () => {
    assert.deepEqual(
      rendered([
        { Name: 'first', ID: 'setup.tmpl', Path: '', Meta: { OS: 'linux' } },
        {
          Name: 'second',
          Contents: '{{template "setup.tmpl" .}}{{template "third" .}}',
          Path: 'a/../{{.Machine.ShortName}}.sh',
        },
        { Name: 'third', Contents: '<{{.Param "color"}}>' },
      ]),
      [
        { Name: 'first', Path: '', Contents: 'setup of m1\n', Meta: { OS: 'linux' } },
        { Name: 'second', Path: 'm1.sh', Contents: 'setup of m1\n<red>', Meta: {} },
        { Name: 'third', Path: '', Contents: '<red>', Meta: {} },
      ],
    );
  });

  test('have paths that begin at the root where they are of a boot environment', () => {
    const paths = (prefix: 'tasks' | 'bootenvs') =>
      rendered([{ Name: 'x', ID: 'setup.tmpl', Path: '{{.Machine.Path}}/../x' }], prefix).map(
        ({ Path }) => Path,
      );
    assert.deepEqual([...paths('tasks'), ...paths('bootenvs')], ['machines/x', '/machines/x']);
  });

  test('may be links', () => {
    const templates = [{ Name: 'x', Link: '{{.Machine.Path}}/x', Path: 'y' }];
    assert.deepEqual(rendered(templates, 'bootenvs'), [
      { Name: 'x', Path: '/y', Contents: '', Link: `machines/${MACHINE.Uuid}/x`, Meta: {} },
    ]);
    assert.match(
      problems([{ Name: 'x', Link: '{{.Nope}}', Path: 'y' }])[0] ?? '',
      /^Error rendering template x link /,
    );
  });

  test('have kernel parameters with the first initrd where they are for iPXE', () => {
    const [first] = rendered([{ Name: 'x', Contents: '{{.BootParams}}', Path: 'a.ipxe' }], 'bootenvs');
    assert.match(first?.Contents ?? '', /^initrd=one\.img ks=/);
  });

  test('do not join the templates that all have', () => {
    rendered([{ Name: 'mine', Contents: 'x' }]);
    assert.equal(common.has('mine'), false);
  });

  test('are refused with all that is wrong with them', () => {
    assert.deepEqual(
      problems(
        [
          { Name: 'one', ID: 'nope.tmpl' },
          { Name: 'two', Contents: '\n{{if .}}' },
          { Name: 'three', Contents: '{{define "x"}}{{end}}' },
        ],
        'tasks',
        ['color', 'missing'],
      ),
      [
        'Templates[0]: No common template for nope.tmpl',
        'Error parsing inline templates: template: two:2: unexpected EOF',
        'Error parsing inline templates: template: three:1: unexpected <define> in command',
        'Missing required parameter missing for tasks do-it',
      ],
    );
  });

  test('are refused with all that cannot be rendered', () => {
    assert.deepEqual(
      problems([
        { Name: 'one', ID: 'broken.tmpl' },
        { Name: 'two', Contents: 'fine' },
        { Name: 'three', Contents: '\n{{.Nope}}' },
        { Name: 'four', Contents: 'x', Path: '{{.Nope}}' },
      ]),
      [
        'template: broken.tmpl:1:2: executing "broken.tmpl" at <.Param>: error calling Param: No such machine parameter nope',
        'template: three:2:2: executing "three" at <.Nope>: can\'t evaluate field Nope in type *backend.RenderData',
        'Error rendering template four path {{.Nope}}: template: four:1:2: executing "four" at <.Nope>: can\'t evaluate field Nope in type *backend.RenderData',
      ],
    );
  });
});
