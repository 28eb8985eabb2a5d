/** Both CustomResourceDefinitions, built from the schemas. */
import { category, group, kinds, product, version } from './names.ts';
import type { Field, ObjectSchema, Rule } from './structural.ts';
import { auditColumns, type Column, runColumns } from './v1alpha1/columns.ts';
import { maxAuditNameLength, maxRunNameLength } from './v1alpha1/limits.ts';
import { runSpec, runStatus } from './v1alpha1/run.ts';
import { auditSpec } from './v1alpha1/spec.ts';
import { auditStatus } from './v1alpha1/status.ts';

/** Definition is all that tells one of our kinds from the other. */
export interface Definition {
  readonly names: (typeof kinds)[keyof typeof kinds];
  /** description is what `kubectl explain` says of the kind. */
  readonly description: string;
  readonly spec: ObjectSchema & { readonly description: string };
  readonly status: ObjectSchema & { readonly description: string };
  /** required are the top-level fields that a creator must write. */
  readonly required: readonly string[];
  /** rules are about the whole object: of metadata, CEL sees name and generateName. */
  readonly rules: readonly Rule[];
  readonly columns: readonly Column[];
}

/** definitions are our kinds. */
export const definitions: readonly Definition[] = [
  {
    names: kinds.audit,
    description:
      'NetworkAudit says what to check of the network of the cluster, where and how often; its status says whether the network keeps its contract.',
    spec: auditSpec,
    status: auditStatus,
    required: [],
    rules: [
      nameRule(
        maxAuditNameLength,
        'since its runs are named after it with up to 11 characters more: choose a shorter name',
      ),
    ],
    columns: auditColumns,
  },
  {
    names: kinds.run,
    description:
      'NetworkAuditRun is one execution of a NetworkAudit, with its plan and its results. Create one to ask for a run now.',
    spec: runSpec,
    status: runStatus,
    required: ['spec'],
    rules: [
      nameRule(
        maxRunNameLength,
        'since what belongs to it carries its name as a label: choose a shorter name',
      ),
    ],
    columns: runColumns,
  },
];

function nameRule(most: number, why: string): Rule {
  return {
    rule: `self.metadata.name.size() <= ${most}`,
    message: `metadata.name must be no longer than ${most} characters, ${why}`,
  };
}

const typeFields = {
  apiVersion: {
    type: 'string',
    description: `apiVersion is the version of the schema that this object is written in: ${group}/${version}.`,
  },
  kind: { type: 'string', description: 'kind is the name of the schema that this object is written in.' },
} as const;

/** CustomResourceDefinition is the manifest of a kind, as far as it is ours to say. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly [field: string]: unknown };
}

/** crd builds one CustomResourceDefinition: one version, served and stored, with a status subresource. */
export function crd(definition: Definition): CustomResourceDefinition {
  const { kind, listKind, plural, singular, shortName } = definition.names;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': product, 'app.kubernetes.io/part-of': product },
    },
    spec: {
      group,
      names: { kind, listKind, plural, singular, shortNames: [shortName], categories: [category] },
      scope: 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: definition.columns,
          schema: { openAPIV3Schema: rootSchema(definition) },
        },
      ],
    },
  };
}

/**
 * rootSchema is the schema of the whole object. Kubernetes itself holds apiVersion, kind and metadata to their bounds,
 * and allows a schema no more than to name them.
 */
export function rootSchema({ description, spec, status, required, rules }: Definition): object {
  return {
    type: 'object',
    description,
    ...(required.length > 0 && { required }),
    properties: { ...typeFields, metadata: { type: 'object' }, spec, status } satisfies Record<
      string,
      RootField
    >,
    'x-kubernetes-validations': rules,
  };
}

type RootField = Field | { readonly type: 'string' | 'object'; readonly description?: string };

/** crds are both CustomResourceDefinitions. */
export const crds: readonly CustomResourceDefinition[] = definitions.map(crd);
