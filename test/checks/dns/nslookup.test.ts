import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Lookup,
  type LookupRecord,
  maxRecords,
  maxText,
  parseNslookup,
} from '../../../src/checks/dns/nslookup.ts';
import { canonical } from '../../../src/checks/pod-to-pod/addresses.ts';
import { faultOf, faultOfPart, fuzzNslookup } from '../../fuzz/nslookup.ts';
import { expectedOf, files, transcriptsOf } from './transcripts.ts';

const header = 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n';
const answer = `${header}Name:\ta.example\nAddress: 192.0.2.1\n\n`;
const record = { type: 'A', name: 'a.example.', value: '192.0.2.1' } as const;

/** broken is what a text that cannot be read gives. */
function broken(detail: string, more: Partial<Lookup> = {}): Lookup {
  return { outcome: 'Broken', records: [], silent: [], refused: [], ...more, detail };
}

describe('What the real nslookup printed', () => {
  for (const file of files) {
    it(`is read as what it says: ${file}`, () => {
      const read = transcriptsOf(file).map(({ command, text, exitCode }) => [
        command,
        parseNslookup(text, exitCode),
      ]);
      const expected = transcriptsOf(file).map(({ command }, index) => [command, expectedOf(file)[index]]);
      assert.ok(read.length > 0);
      assert.deepEqual(read, expected);
    });
  }

  it('is an answer only in the transcripts of an answer', () => {
    const commands = files.flatMap((file) =>
      transcriptsOf(file).filter(({ text, exitCode }) => parseNslookup(text, exitCode).outcome === 'Answer'),
    );
    for (const { command, text, exitCode } of commands) {
      assert.equal(exitCode, 0, command);
      assert.match(text, /^(Address: |\S+\t[a-z ]+ = )/m, command);
      assert.ok(!command.startsWith('busybox'), command);
    }
    assert.ok(commands.length > 60);
  });

  it('is never another answer when it is cut anywhere', () => {
    for (const { command, text, exitCode } of files.flatMap(transcriptsOf)) {
      const whole = parseNslookup(text, exitCode);
      for (let length = 0; length < text.length; length++) {
        const part = parseNslookup(text.slice(0, length), exitCode);
        assert.equal(faultOfPart(whole, part), undefined, `${command}, cut at ${length}`);
        if (whole.outcome !== 'Answer')
          assert.notEqual(part.outcome, 'Answer', `${command}, cut at ${length}`);
      }
    }
  });

  it('is never an answer when it did not exit with 0', () => {
    for (const { command, text } of files.flatMap(transcriptsOf)) {
      for (const code of [1, 10, 139]) assert.notEqual(parseNslookup(text, code).outcome, 'Answer', command);
      assert.deepEqual(parseNslookup(text, null), broken('ended by a signal'), command);
    }
  });
});

describe('The text of nslookup', () => {
  for (const [what, text, expected] of [
    ['nothing', '', broken('cut')],
    ['an empty line', '\n', broken('cut')],
    ['two empty lines', '\n\n', broken('not understood: ')],
    ['a header alone', header, broken('cut', { server: '10.96.0.10#53' })],
    ['no empty line at its end', answer.slice(0, -1), broken('cut')],
    ['an owner without address', `${header}Name:\ta.example\n\n`, broken('cut', { server: '10.96.0.10#53' })],
    [
      'two owners in a row',
      answer.replace('Name', 'Name:\ta.example\nName'),
      broken('not understood: Name:\ta.example', { server: '10.96.0.10#53' }),
    ],
    [
      'an address without owner',
      `${header}Address: 192.0.2.1\n\n`,
      broken('not understood: Address: 192.0.2.1', { server: '10.96.0.10#53' }),
    ],
    [
      'an address that is none',
      answer.replace('192.0.2.1', '192.0.2.256'),
      broken('not understood: Address: 192.0.2.256', { server: '10.96.0.10#53' }),
    ],
    [
      'a line of another program',
      `bash: nslookup: command not found\n\n`,
      broken('not understood: bash: nslookup: command not found'),
    ],
    [
      'a second header after records',
      `${answer.slice(0, -1)}${answer}`,
      broken('not understood: Server:\t\t10.96.0.10', { server: '10.96.0.10#53' }),
    ],
    [
      'a message that was not one to answer with',
      `;; Warning: Message parser reports malformed message packet.\n${answer}`,
      broken('Warning: Message parser reports malformed message packet.', { server: '10.96.0.10#53' }),
    ],
    [
      'records and then that there are none',
      answer.replace(/\n\n$/, "\n*** Can't find a.example: No answer\n\n"),
      broken('records, and no answer', { server: '10.96.0.10#53' }),
    ],
  ] as const) {
    it(`is not understood with ${what}`, () => {
      assert.deepEqual(parseNslookup(text, 0), expected);
    });
  }

  it('is understood with remarks of other versions', () => {
    for (const remark of [
      ';; Got recursion not available from 10.96.0.10#53',
      ';; Warning: Client COOKIE mismatch',
    ]) {
      assert.deepEqual(parseNslookup(`${remark}\n${answer}`, 0), {
        outcome: 'Answer',
        records: [record],
        silent: [],
        refused: [],
        server: '10.96.0.10#53',
        name: 'a.example.',
      });
    }
  });

  it('tells a server that is down from one that is silent by its last word', () => {
    const tried = (...words: string[]) =>
      parseNslookup(
        `${words.map((word) => `;; communications error to 192.0.2.53#53: ${word}\n`).join('')};; no servers could be reached\n\n`,
        1,
      );
    const end = { records: [], silent: ['192.0.2.53'], refused: [] };
    assert.deepEqual(tried('timed out', 'host unreachable'), {
      outcome: 'Unreachable',
      ...end,
      detail: 'host unreachable',
    });
    assert.deepEqual(tried('network unreachable'), {
      outcome: 'Unreachable',
      ...end,
      detail: 'network unreachable',
    });
    assert.deepEqual(tried('host unreachable', 'timed out'), {
      outcome: 'TimedOut',
      ...end,
      detail: 'timed out',
    });
    assert.deepEqual(tried('operation canceled'), {
      outcome: 'Broken',
      ...end,
      detail: 'operation canceled',
    });
  });

  it('is no answer with more records than are kept, and is bounded', () => {
    const many = (count: number) =>
      `${header}${Array.from({ length: count }, (_, index) => `Name:\ta.example\nAddress: 10.0.${index >> 8}.${index & 255}\n`).join('')}\n`;
    assert.equal(parseNslookup(many(maxRecords), 0).records.length, maxRecords);
    assert.deepEqual(
      parseNslookup(many(maxRecords + 1), 0),
      broken('more than 128 records', { server: '10.96.0.10#53' }),
    );
    assert.deepEqual(parseNslookup(many(5000), 0), broken('too much text'));
    assert.deepEqual(parseNslookup('x'.repeat(maxText + 1), 0), broken('too much text'));
  });

  it('takes a time that grows with its length, whatever it is', () => {
    const pieces = [
      '(',
      ';; ',
      ';; Connection to (',
      'a#',
      '\n',
      '\t',
      ' = ',
      ' for x failed: ',
      '"',
      ': ',
      ';; Got a',
    ];
    for (const piece of pieces) {
      for (const start of [
        '',
        ';; ',
        ';; Connection to ',
        ';; communications error to ',
        "** server can't find ",
      ]) {
        const text = `${start}${piece.repeat(65_536 / piece.length)}\n\n`;
        const began = performance.now();
        assert.notEqual(parseNslookup(text, 0).outcome, 'Answer');
        assert.ok(performance.now() - began < 500, `${JSON.stringify(start + piece)} took too long`);
      }
    }
  });
});

/** Names and records as nslookup can print them. */
const label = fc.stringMatching(/^[a-zA-Z0-9_]([a-zA-Z0-9-]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const number = fc.nat({ max: 65_535 });
const spelled = (text: string) => `${text.toLowerCase()}.`;
const line = fc.oneof(
  fc
    .tuple(name, fc.ipV4())
    .map(([owner, value]) => printed('A', owner, value, `Name:\t${owner}\nAddress: ${value}`)),
  fc
    .tuple(name, fc.ipV6())
    .map(([owner, value]) =>
      printed('AAAA', owner, canonical(value) ?? '', `Name:\t${owner}\nAddress: ${value}`),
    ),
  fc
    .tuple(name, name)
    .map(([owner, target]) =>
      printed('CNAME', owner, spelled(target), `${owner}\tcanonical name = ${target}.`),
    ),
  fc
    .tuple(name, name)
    .map(([owner, target]) => printed('PTR', owner, spelled(target), `${owner}\tname = ${target}.`)),
  fc
    .tuple(name, number, number, number, name)
    .map(([owner, priority, weight, port, target]) =>
      printed(
        'SRV',
        owner,
        `${priority} ${weight} ${port} ${spelled(target)}`,
        `${owner}\tservice = ${priority} ${weight} ${port} ${target}.`,
      ),
    ),
  fc
    .tuple(name, fc.stringMatching(/^[ !#-[\]-~]{0,60}$/))
    .map(([owner, text]) => printed('TXT', owner, `"${text}"`, `${owner}\ttext = "${text}"`)),
);

function printed(type: LookupRecord['type'], owner: string, value: string, text: string) {
  return { record: { type, name: spelled(owner), value }, text };
}

const lines = fc.uniqueArray(line, {
  minLength: 1,
  maxLength: 20,
  selector: ({ record: { type, name: owner, value } }) => `${type} ${owner} ${value}`,
});
const frame = fc.record({
  before: fc.constantFrom(
    '',
    ';; Got recursion not available from 10.96.0.10\n',
    ';; Truncated, retrying in TCP mode.\n',
  ),
  note: fc.constantFrom('', 'Non-authoritative answer:\n'),
  after: fc.constantFrom(
    '',
    ';; Got recursion not available from 10.96.0.10\n',
    '\nAuthoritative answers can be found from:\n',
    '\nAuthoritative answers can be found from:\nexample\tnameserver = ns.example.\nns.example\tinternet address = 192.0.2.9\n',
  ),
});

function render(
  printedLines: readonly { readonly text: string }[],
  { before, note, after }: Record<'before' | 'note' | 'after', string>,
) {
  return `${before}${header}${note}${printedLines.map(({ text }) => `${text}\n`).join('')}${after}\n`;
}

describe('Any text of nslookup', () => {
  it('of an answer comes back as the records that were printed', () => {
    fc.assert(
      fc.property(lines, frame, (some, around) => {
        const records = some.map(({ record: each }) => each);
        assert.deepEqual(parseNslookup(render(some, around), 0), {
          outcome: 'Answer',
          records,
          silent: [],
          refused: [],
          server: '10.96.0.10#53',
          name: records[0]?.name,
        });
      }),
    );
  });

  it('of an answer is, when cut, that answer or none', () => {
    fc.assert(
      fc.property(lines, frame, fc.nat(), (some, around, at) => {
        const text = render(some, around);
        const part = parseNslookup(text.slice(0, at % text.length), 0);
        assert.equal(faultOfPart(parseNslookup(text, 0), part), undefined);
      }),
    );
  });

  it('with an error in it is no answer', () => {
    const error = fc.constantFrom(
      "** server can't find a.example: NXDOMAIN",
      "** server can't find a.example: SERVFAIL",
      "*** Can't find a.example: No answer",
      ';; no servers could be reached',
      ';; connection timed out; no servers could be reached',
      ';; Got bad packet: unexpected end of input',
    );
    fc.assert(
      fc.property(lines, frame, error, fc.nat(), (some, around, said, at) => {
        const all = render(some, around).split('\n');
        // The first lines are remarks and the header, before which a server may well be given up.
        const first = all.indexOf('') + 1;
        all.splice(first + (at % (all.length - 1 - first)), 0, said);
        assert.notEqual(parseNslookup(all.join('\n'), 0).outcome, 'Answer');
      }),
    );
  });

  it('with any exit code is read without a throw, and never an answer out of nothing', () => {
    const code = fc.oneof(fc.constant(0), fc.constant(null), fc.integer());
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(
          fc.oneof(
            fc.constantFrom(...header.split('\n'), ...answer.split('\n'), ';; ', '------------'),
            name,
          ),
        )
        .map((each) => each.join('\n')),
    );
    fc.assert(
      fc.property(text, code, (any, exitCode) => {
        assert.equal(faultOf(any, exitCode, parseNslookup(any, exitCode)), undefined);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds against thousands of mutated transcripts', () => {
    const { faults, outcomes } = fuzzNslookup(5000, 7);
    assert.deepEqual(faults, []);
    // A fuzzer that never gets to an answer would find nothing.
    assert.ok((outcomes.Answer ?? 0) > 200 && (outcomes.Broken ?? 0) > 200, JSON.stringify(outcomes));
  });
});
