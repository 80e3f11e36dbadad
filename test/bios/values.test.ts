import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFor } from '../../cmd/bios/plan.ts';
import { valueFor } from '../../cmd/bios/value.ts';
import { ModelError } from '../../lib/models/index.ts';
import { type Bios, type Found, registryIn } from '../../lib/redfish/index.ts';
import { fc, parameters } from '../support/properties.ts';
import { ATTRIBUTES, DEPENDENCIES, REGISTRY } from './contoso.ts';

const registry = registryIn({ RegistryEntries: { Attributes: REGISTRY, Dependencies: DEPENDENCIES } });
const bios: Bios = {
  found: {} as Found,
  attributes: ATTRIBUTES,
  settings: undefined,
  pending: {},
  applyTimes: [],
  registry,
};

test('whatever is wanted, a value is one that the attribute can have, or the problem is told', () => {
  fc.assert(
    fc.property(fc.constantFrom(...registry.attributes.values()), fc.anything(), (attribute, wanted) => {
      const reading = valueFor(attribute, undefined, wanted);
      if ('problem' in reading) return reading.problem !== '';
      const { value } = reading;
      switch (attribute.type) {
        case 'Enumeration':
          return attribute.values.includes(String(value));
        case 'Integer':
          return typeof value === 'number' && value >= 2 && value <= 64 && value % 2 === 0;
        case 'Boolean':
          return typeof value === 'boolean';
        default:
          return typeof value === 'string';
      }
    }),
    parameters(),
  );
});

test('whatever a registry and a configuration are, the plan is one, or the error is about the configuration', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (entries, target) => {
      const odd = registryIn({
        RegistryEntries: { Attributes: [entries, ...REGISTRY], Dependencies: [entries] } as never,
      });
      try {
        const { changes } = await planFor({ ...bios, registry: odd }, target);
        assert.ok(Object.keys(changes).every((name) => Object.hasOwn(ATTRIBUTES, name)));
      } catch (error) {
        assert.ok(error instanceof ModelError && error.code === 400, String(error));
      }
    }),
    parameters(),
  );
});
