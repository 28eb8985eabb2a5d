/** What can be changed within a set, a map or a base chain of nftables. */
import { type Change, type Destination, type Kind, otherProtocol } from './mutation.ts';
import { changes, type Json, listOf, type Names, objectOf } from './nft-item.ts';
import { nextAddress } from './ranges.ts';

/** changesOfSet are all changes of one set, map or chain. */
export function changesOfSet(object: Json, names: Names): readonly Change<Json>[] {
  if (object.hook !== undefined) return [{ kind: 'policy', part: { ...object, policy: 'drop' } }];
  const elements = listOf(object.elem);
  const isMap = object.map !== undefined;
  const to = (
    kind: Kind,
    elem: readonly unknown[],
    destinations: readonly Destination[] = [],
  ): Change<Json> => {
    return { kind, part: { ...object, elem }, destinations };
  };
  const timeouts = typeof object.timeout === 'number' ? [object.timeout / 2, object.timeout * 2] : [];
  return [
    ...timeouts.map((timeout): Change<Json> => ({ kind: 'affinity', part: { ...object, timeout } })),
    ...elements.map((_, index) => to('delete', elements.toSpliced(index, 1))),
    ...(isMap ? elements.slice(1).map((_, index) => to('swap', swapped(elements, index))) : []),
    ...elements.flatMap((element, index) =>
      keyChanges(isMap ? listOf(element)[0] : element).map(({ kind, part, destinations }) =>
        to(kind, elements.with(index, isMap ? [part, listOf(element)[1]] : part), destinations),
      ),
    ),
    ...(isMap ? elements : []).flatMap((element, index) => {
      const [key, value] = listOf(element);
      return changes(value, names).map(({ kind, part }) => to(kind, elements.with(index, [key, part])));
    }),
  ];
}

function swapped(elements: readonly unknown[], index: number): readonly unknown[] {
  const [one, two] = [listOf(elements[index]), listOf(elements[index + 1])];
  return elements.with(index, [one[0], two[1]]).with(index + 1, [two[0], one[1]]);
}

/** keyChanges are those of an element's key: each address, protocol and port in it. */
function keyChanges(key: unknown): readonly Change<unknown>[] {
  if (typeof key === 'string') {
    const other = nextAddress(key);
    const destinations = ['tcp', 'udp'].map((protocol) => ({ address: other, protocol, port: 9 }));
    return [{ kind: 'address', part: other, destinations }];
  }
  const object = objectOf(key);
  if (object.elem !== undefined) {
    const elem = objectOf(object.elem);
    return keyChanges(elem.val).map((change) => ({
      ...change,
      part: { elem: { ...elem, val: change.part } },
    }));
  }
  const parts = listOf(object.concat);
  return parts.map((part, index) => {
    const [kind, other] = partChange(part);
    const changed = parts.with(index, other);
    return { kind, part: { concat: changed }, destinations: destinationOf(changed) };
  });
}

function partChange(part: unknown): readonly [Kind, unknown] {
  if (typeof part === 'number') return ['port', part + 1];
  const text = String(part);
  return /[.:]/.test(text) ? ['address', nextAddress(text)] : ['protocol', otherProtocol(text)];
}

/** destinationOf is what a key of address, protocol and port, or of the last two, stands for. */
function destinationOf(parts: readonly unknown[]): readonly Destination[] {
  const [protocol, port] = [String(parts.at(-2)), Number(parts.at(-1))];
  if (parts.length === 2) return [{ protocol, port }];
  return parts.length === 3 ? [{ address: String(parts[0]), protocol, port }] : [];
}
