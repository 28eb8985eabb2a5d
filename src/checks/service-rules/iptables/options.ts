/** The options of one match or target, in the form that all extensions share: `! --name value value`. */
import { Words } from './words.ts';

/** Option is one option with its values. */
export interface Option {
  readonly negated: boolean;
  readonly name: string;
  readonly values: readonly string[];
}

/** Extension is a match or a target with its options. */
export interface Extension {
  readonly name: string;
  readonly options: readonly Option[];
}

/** extensionOf reads `mark ! --mark 0x1/0x1`; undefined where something of it has another form. */
export function extensionOf(text: string): Extension | undefined {
  const words = new Words(text);
  words.enter(0);
  const name = words.word ?? '';
  const options: Option[] = [];
  words.next();
  while (words.word !== undefined) {
    const negated = isWord(words, '!');
    const option = negated ? words.next() : words.word;
    if (option === undefined || words.quoted || !option.startsWith('--')) return undefined;
    const values: string[] = [];
    words.next();
    while (words.word !== undefined && !isWord(words, '!') && !isName(words)) {
      values.push(words.word);
      words.next();
    }
    options.push({ negated, name: option, values });
  }
  return { name, options };
}

function isWord(words: Words, word: string): boolean {
  return !words.quoted && words.word === word;
}

function isName({ quoted, word }: Words): boolean {
  return !quoted && word?.startsWith('--') === true;
}

/** onlyOption is an extension's one option, if it has one, of that name, with one value. */
export function onlyOption(
  { options }: Extension,
  name: string,
): { readonly negated: boolean; readonly value: string } | undefined {
  const [option, more] = options;
  const [value, second] = option?.values ?? [];
  if (option?.name !== name || value === undefined || second !== undefined || more !== undefined)
    return undefined;
  return { negated: option.negated, value };
}
