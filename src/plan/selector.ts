/** LabelSelector, matched as `metav1.LabelSelectorAsSelector` does. */

/** LabelSelector is metav1.LabelSelector; an absent or empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

/** LabelRequirement is metav1.LabelSelectorRequirement. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Labels are an object's labels. */
export type Labels = Readonly<Record<string, string>>;

/** selects tells whether a selector matches; an operator that Kubernetes does not know matches nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return false;
  }
  return (selector?.matchExpressions ?? []).every((requirement) => meets(requirement, labels));
}

/** selectorProblem says what is wrong with a selector in a sentence; undefined when it can be used. */
export function selectorProblem(selector: LabelSelector | undefined): string | undefined {
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (!wantsValues && operator !== 'Exists' && operator !== 'DoesNotExist') {
      return `spec.nodes.selector: "${operator}" is not an operator; use In, NotIn, Exists or DoesNotExist`;
    }
    if (wantsValues && values.length === 0) return `spec.nodes.selector: ${operator} for ${key} needs values`;
    if (!wantsValues && values.length > 0)
      return `spec.nodes.selector: ${operator} for ${key} takes no values`;
  }
  return undefined;
}

function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, requirement.key);
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

/** labelOf reads an own property only: a label may be called `constructor`. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
