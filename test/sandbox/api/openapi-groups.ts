/** Groups whose OpenAPI was not captured, written down from the API reference: names and types only. */

/** Members as `name: type`; a type is a scalar, `[]type`, `map:type` or a component; `!` after the name: required. */
export type Members = Record<string, string>;

/** Group is what is known of one group and version. */
export interface Group {
  kinds: Record<string, { plural: string; namespaced: boolean; subresources: string[] }>;
  types: Record<string, Members>;
  /** list-type map keys, by `Type.member`. */
  keys?: Record<string, string>;
}

/** groups are the groups, by apiVersion. */
export const groups: Record<string, Group> = {
  'scheduling.k8s.io/v1': {
    kinds: { PriorityClass: { plural: 'priorityclasses', namespaced: false, subresources: [] } },
    types: {
      PriorityClass: {
        description: 'string',
        globalDefault: 'boolean',
        preemptionPolicy: 'string',
        'value!': 'int32',
      },
    },
  },
  'authentication.k8s.io/v1': {
    kinds: {
      TokenReview: { plural: 'tokenreviews', namespaced: false, subresources: [] },
      TokenRequest: { plural: '', namespaced: true, subresources: [] },
      SelfSubjectReview: { plural: 'selfsubjectreviews', namespaced: false, subresources: [] },
    },
    types: {
      TokenReview: { spec: 'TokenReviewSpec', status: 'TokenReviewStatus' },
      TokenReviewSpec: { token: 'string', audiences: '[]string' },
      TokenReviewStatus: {
        authenticated: 'boolean',
        user: 'UserInfo',
        audiences: '[]string',
        error: 'string',
      },
      UserInfo: { username: 'string', uid: 'string', groups: '[]string', extra: 'map:free' },
      SelfSubjectReview: { status: 'SelfSubjectReviewStatus' },
      SelfSubjectReviewStatus: { userInfo: 'UserInfo' },
      TokenRequest: { spec: 'TokenRequestSpec', status: 'TokenRequestStatus' },
      TokenRequestSpec: {
        audiences: '[]string',
        expirationSeconds: 'int64',
        boundObjectRef: 'BoundObjectReference',
      },
      BoundObjectReference: { kind: 'string', apiVersion: 'string', name: 'string', uid: 'string' },
      TokenRequestStatus: { token: 'string', expirationTimestamp: 'time' },
    },
  },
  'admissionregistration.k8s.io/v1': {
    kinds: {
      ValidatingAdmissionPolicy: {
        plural: 'validatingadmissionpolicies',
        namespaced: false,
        subresources: ['status'],
      },
      ValidatingAdmissionPolicyBinding: {
        plural: 'validatingadmissionpolicybindings',
        namespaced: false,
        subresources: [],
      },
    },
    types: {
      ValidatingAdmissionPolicy: {
        spec: 'ValidatingAdmissionPolicySpec',
        status: 'ValidatingAdmissionPolicyStatus',
      },
      ValidatingAdmissionPolicySpec: {
        paramKind: 'ParamKind',
        matchConstraints: 'MatchResources',
        validations: '[]Validation',
        failurePolicy: 'string',
        auditAnnotations: '[]AuditAnnotation',
        matchConditions: '[]MatchCondition',
        variables: '[]Variable',
      },
      ParamKind: { apiVersion: 'string', kind: 'string' },
      MatchResources: {
        namespaceSelector: 'LabelSelector',
        objectSelector: 'LabelSelector',
        resourceRules: '[]NamedRuleWithOperations',
        excludeResourceRules: '[]NamedRuleWithOperations',
        matchPolicy: 'string',
      },
      NamedRuleWithOperations: {
        resourceNames: '[]string',
        operations: '[]string',
        apiGroups: '[]string',
        apiVersions: '[]string',
        resources: '[]string',
        scope: 'string',
      },
      Validation: {
        'expression!': 'string',
        message: 'string',
        reason: 'string',
        messageExpression: 'string',
      },
      AuditAnnotation: { 'key!': 'string', 'valueExpression!': 'string' },
      MatchCondition: { 'name!': 'string', 'expression!': 'string' },
      Variable: { 'name!': 'string', 'expression!': 'string' },
      ValidatingAdmissionPolicyStatus: {
        observedGeneration: 'int64',
        typeChecking: 'TypeChecking',
        conditions: '[]Condition',
      },
      TypeChecking: { expressionWarnings: '[]ExpressionWarning' },
      ExpressionWarning: { 'fieldRef!': 'string', 'warning!': 'string' },
      ValidatingAdmissionPolicyBinding: { spec: 'ValidatingAdmissionPolicyBindingSpec' },
      ValidatingAdmissionPolicyBindingSpec: {
        policyName: 'string',
        paramRef: 'ParamRef',
        matchResources: 'MatchResources',
        validationActions: '[]string',
      },
      ParamRef: {
        name: 'string',
        namespace: 'string',
        selector: 'LabelSelector',
        parameterNotFoundAction: 'string',
      },
    },
    keys: {
      'ValidatingAdmissionPolicySpec.matchConditions': 'name',
      'ValidatingAdmissionPolicySpec.variables': 'name',
      'ValidatingAdmissionPolicyStatus.conditions': 'type',
    },
  },
};
