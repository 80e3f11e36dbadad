import { at, listAt, textAt } from '../../https/index.ts';

/** A rule that changes a property of an attribute depending on others (schema AttributeRegistry, Dependencies). */
export interface Dependency {
  conditions: readonly Condition[];
  attribute: string;
  /** The property that changes: `ReadOnly`, `GrayOut`, `Hidden`, `CurrentValue`, ... */
  property: string;
  value: unknown;
}

interface Condition {
  attribute: string;
  property: string;
  operator: string;
  value: unknown;
  /** Whether it is joined to the previous condition by OR instead of AND. */
  isAlternative: boolean;
}

/** Attribute values by name. */
export type Values = Readonly<Record<string, unknown>>;

/** Parses a dependency of type Map; undefined for other types and incomplete ones. */
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
 * The value that dependencies give to a property of an attribute, for these attribute values. The last rule that
 * applies counts. Undefined when none applies.
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

/** Conditions on properties other than the value count as false. */
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

/** Compares values loosely: some registries write numbers as strings. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (one !== null && other !== null && String(one) === String(other));
}

/** The conditions as text: `SysProfile is Custom`. */
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
