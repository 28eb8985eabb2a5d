/** Taints and tolerations (k8s.io/component-helpers/scheduling/corev1). Pure. */
import type { Node, Pod, Taint, Toleration } from '../kinds.ts';

/** tolerates tells whether one toleration covers one taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (key === '' && operator !== 'Exists') return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}

/** untolerated is the first taint of these effects that the Pod does not tolerate. */
export function untolerated(
  { spec }: { spec: Pick<Pod['spec'], 'tolerations'> },
  node: Node,
  effects: Taint['effect'][],
): Taint | undefined {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effects.includes(effect));
  return taints.find((taint) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)));
}
