import { at, listAt, textAt } from '../../https/index.ts';

/** What becomes of an attribute when others have certain values (schema AttributeRegistry, Dependencies). */
export interface Dependency {
  conditions: readonly Condition[];
  attribute: string;
  /** `ReadOnly`, `GrayOut`, `Hidden`, `CurrentValue`, ... */
  property: string;
  value: unknown;
}

interface Condition {
  attribute: string;
  property: string;
  operator: string;
  value: unknown;
  /** How it goes together with the one before. */
  isAlternative: boolean;
}

/** Values of attributes. */
export type Values = Readonly<Record<string, unknown>>;

/** Undefined for one of another kind than those that map, or that says nothing. */
export function dependencyIn(entry: unknown): Dependency | undefined {
  const map = at(entry, 'Dependency');
  const attribute = textAt(map, 'MapToAttribute') ?? textAt(entry, 'DependencyFor');
  const property = textAt(map, 'MapToProperty');
  if ((textAt(entry, 'Type') ?? 'Map') !== 'Map' || attribute === undefined || property === undefined)
    return undefined;
  const conditions = listAt(map, 'MapFrom').map((condition) => ({
    attribute: textAt(condition, 'MapFromAttribute') ?? '',
    property: textAt(condition, 'MapFromProperty') ?? 'CurrentValue',
    operator: textAt(condition, 'MapFromCondition') ?? '',
    value: at(condition, 'MapFromValue'),
    isAlternative: textAt(condition, 'MapTerms') === 'OR',
  }));
  return conditions.length === 0
    ? undefined
    : { conditions, attribute, property, value: at(map, 'MapToValue') };
}

/**
 * What dependencies make of a property of an attribute, when the attributes have these values: the last that holds
 * decides. Undefined where none does.
 */
export function dependentValue(
  dependencies: readonly Dependency[],
  attribute: string,
  property: string,
  values: Values,
): { value: unknown; because: Dependency } | undefined {
  const because = dependencies.findLast(
    (dependency) =>
      dependency.attribute === attribute && dependency.property === property && holds(dependency, values),
  );
  return because === undefined ? undefined : { value: because.value, because };
}

function holds({ conditions }: Dependency, values: Values): boolean {
  return (
    conditions.reduce<boolean | undefined>((before, condition) => {
      const now = isTrue(condition, values);
      if (before === undefined) return now;
      return condition.isAlternative ? before || now : before && now;
    }, undefined) === true
  );
}

/** Conditions on other properties than the value are not known to hold. */
function isTrue({ attribute, property, operator, value }: Condition, values: Values): boolean {
  if (property !== 'CurrentValue' || !Object.hasOwn(values, attribute)) return false;
  const found = values[attribute];
  switch (operator) {
    case 'EQU':
      return isSame(found, value);
    case 'NEQ':
      return !isSame(found, value);
    case 'GTR':
      return Number(found) > Number(value);
    case 'GEQ':
      return Number(found) >= Number(value);
    case 'LSS':
      return Number(found) < Number(value);
    case 'LEQ':
      return Number(found) <= Number(value);
    default:
      return false;
  }
}

/** Registries write numbers as texts at times. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (one !== null && other !== null && String(one) === String(other));
}

/** For people: `SysProfile is Custom`. */
export function conditionsText({ conditions }: Dependency): string {
  const words: Readonly<Record<string, string>> = {
    EQU: 'is',
    NEQ: 'is not',
    GTR: 'is above',
    GEQ: 'is at least',
    LSS: 'is below',
    LEQ: 'is at most',
  };
  return conditions
    .map(({ attribute, operator, value, isAlternative }, index) => {
      const joint = index === 0 ? '' : isAlternative ? ' or ' : ' and ';
      return `${joint}${attribute} ${words[operator] ?? operator} ${String(value)}`;
    })
    .join('');
}
