/** The syntax of names and labels, with the sentences of k8s.io/apimachinery/pkg/util/validation. */
import { invalidValue } from './causes.ts';
import type { Cause } from './errors.ts';
import { type JsonObject, stringOf } from './json.ts';

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

const subdomainWhy = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const labelWhy = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const label1035Why = `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${label1035}')`;
const qualifiedWhy = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedPart}')`;
const valueWhy = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`;

function whole(form: string): RegExp {
  return new RegExp(`^(?:${form})$`);
}

const forms = {
  subdomain: { form: whole(subdomain), most: 253, why: subdomainWhy },
  label: { form: whole(label), most: 63, why: labelWhy },
  'label-1035': { form: whole(label1035), most: 63, why: label1035Why },
};

/** NameRule is how an object's name is checked. `path`: anything that can stand in a URL's path (RBAC). */
export type NameRule = keyof typeof forms | 'path';

/** nameWhy lists what is wrong with a name; empty when it is right. */
export function nameWhy(name: string, rule: NameRule): string[] {
  if (rule === 'path') return pathWhy(name);
  const { form, most, why } = forms[rule];
  const out = name.length > most ? [`must be no more than ${most} characters`] : [];
  return form.test(name) ? out : [...out, why];
}

function pathWhy(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}

/** qualifiedNameWhy checks a label key: `prefix/name`. */
export function qualifiedNameWhy(key: string): string[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const out: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name ${qualifiedWhy} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') out.push('prefix part must be non-empty');
    else out.push(...nameWhy(prefix, 'subdomain').map((why) => `prefix part ${why}`));
  }
  if (name === '') out.push('name part must be non-empty');
  else if (name.length > 63) out.push('name part must be no more than 63 bytes');
  if (!whole(qualifiedPart).test(name)) out.push(qualifiedWhy);
  return out;
}

/** labelValueWhy checks a label's value. */
export function labelValueWhy(value: string): string[] {
  const out = value.length > 63 ? ['must be no more than 63 bytes'] : [];
  return whole(labelValue).test(value) ? out : [...out, valueWhy];
}

/** labelCauses checks a map of labels. */
export function labelCauses(labels: JsonObject, field: string): Cause[] {
  const causes: Cause[] = [];
  for (const [key, value] of Object.entries(labels)) {
    causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(field, key, why)));
    causes.push(...labelValueWhy(stringOf(value)).map((why) => invalidValue(field, stringOf(value), why)));
  }
  return causes;
}
