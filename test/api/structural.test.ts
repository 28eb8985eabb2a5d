import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Infer, Structural } from '../../src/api/structural.ts';
import type {
  CheckSpec,
  Condition,
  DNSSpec,
  LabelSelector,
  NetworkAuditRunStatus,
  NetworkAuditSpec,
  NetworkAuditStatus,
  PodToPodOptions,
  PodToPodSpec,
  ServiceRulesSpec,
} from '../../src/api/v1alpha1/index.ts';

/** Same is true for two types that are assignable to each other in every place, readonly and `?` included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Admitted tells whether the type of schemas admits a literal schema. */
type Admitted<S> = S extends Structural ? true : false;

/** holds is checked by the compiler; at run time it only says that the line was there. */
function holds<T extends true>(...facts: readonly T[]): void {
  assert.ok(facts.every((fact) => fact));
}

test('a schema gives the type of what the API server returns', () => {
  const schema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', maxLength: 5, description: 'name is a name.' },
      size: {
        type: 'integer',
        format: 'int32',
        minimum: 0,
        maximum: 9,
        default: 3,
        description: 'size is a size.',
      },
      kind: { type: 'string', enum: ['A', 'B'], description: 'kind is a kind.' },
      tags: {
        type: 'array',
        maxItems: 3,
        'x-kubernetes-list-type': 'set',
        items: { type: 'string', maxLength: 3 },
        description: 'tags are tags.',
      },
      labels: {
        type: 'object',
        maxProperties: 3,
        additionalProperties: { type: 'string', maxLength: 3 },
        description: 'labels are labels.',
      },
    },
  } as const satisfies Structural;
  holds<
    Same<
      Infer<typeof schema>,
      {
        readonly name: string;
        readonly size: number;
        readonly kind?: 'A' | 'B';
        readonly tags?: readonly string[];
        readonly labels?: { readonly [key: string]: string };
      }
    >
  >(true);
});

test('the types of the API are what its users code against', () => {
  holds<
    Same<
      CheckSpec,
      {
        readonly name: string;
        readonly type: 'PodToPod' | 'DNS' | 'ServiceRules';
        readonly podToPod?: PodToPodSpec;
        readonly dns?: DNSSpec;
        readonly serviceRules?: ServiceRulesSpec;
      }
    >
  >(true);
  holds<Same<PodToPodSpec['protocols'], readonly ('TCP' | 'UDP')[] | undefined>>(true);
  holds<Same<PodToPodOptions['peersPerNode'], number>>(true);
  holds<Same<NetworkAuditSpec['suspend'], boolean>>(true);
  holds<Same<NetworkAuditSpec['schedule'], string | undefined>>(true);
  holds<Same<NetworkAuditSpec['nodes'], { readonly perRun: number; readonly selector?: LabelSelector }>>(
    true,
  );
  holds<Same<NetworkAuditStatus['observedGeneration'], number>>(true);
  holds<Same<NetworkAuditRunStatus['conditions'], readonly Condition[]>>(true);
  holds<Same<Condition['status'], 'True' | 'False' | 'Unknown'>>(true);
});

test('the compiler refuses what a CRD may not hold, and what has no bound', () => {
  type Text = { readonly type: 'string'; readonly maxLength: 5 };
  type List<E> = { readonly type: 'array'; readonly items: Text } & E;
  holds<Same<Admitted<Text>, true>>(true);
  holds<Same<Admitted<{ readonly $ref: '#/x' }>, false>>(true);
  holds<Same<Admitted<{ readonly type: 'string' }>, false>>(true);
  holds<Same<Admitted<{ readonly type: 'number'; readonly minimum: 0; readonly maximum: 1 }>, false>>(true);
  holds<Same<Admitted<{ readonly type: 'integer'; readonly format: 'int32'; readonly minimum: 0 }>, false>>(
    true,
  );
  holds<Same<Admitted<List<{ readonly maxItems: 3; readonly 'x-kubernetes-list-type': 'atomic' }>>, true>>(
    true,
  );
  holds<Same<Admitted<List<{ readonly 'x-kubernetes-list-type': 'atomic' }>>, false>>(true);
  holds<Same<Admitted<List<{ readonly maxItems: 3 }>>, false>>(true);
  holds<Same<Admitted<List<{ readonly maxItems: 3; readonly 'x-kubernetes-list-type': 'map' }>>, false>>(
    true,
  );
  holds<Same<Admitted<{ readonly type: 'object'; readonly properties: { readonly a: Text } }>, false>>(true);
  holds<
    Same<
      Admitted<{ readonly type: 'object'; readonly additionalProperties: false; readonly maxProperties: 1 }>,
      false
    >
  >(true);
});
