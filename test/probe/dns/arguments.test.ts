import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordTypes } from '../../../src/api/v1alpha1/index.ts';
import { addressOfReverse } from '../../../src/checks/dns/names.ts';
import { readTask, type Server } from '../../../src/checks/dns/task.ts';
import { canonical } from '../../../src/checks/pod-to-pod/addresses.ts';
import { argumentsOf, reverseName } from '../../../src/probe/dns/arguments.ts';

const own: Server = { path: 'ResolvConf', address: '', port: 53 };
const endpoint: Server = { path: 'Endpoints', address: '10.0.0.9', port: 5353 };

test('a question is a list of arguments, the name before the server', () => {
  const asking = { transport: 'UDP', timeoutSeconds: 2 } as const;
  const base = ['-timeout=2', '-retry=2'];
  assert.deepEqual(argumentsOf({ ...asking, lookup: ['kubernetes.default', 'A'], server: own }), [
    '-type=A',
    ...base,
    'kubernetes.default',
  ]);
  const lookup = ['10.96.0.1', 'PTR'] as const;
  assert.deepEqual(argumentsOf({ ...asking, lookup, server: endpoint, transport: 'TCP' }), [
    '-type=PTR',
    ...base,
    '-vc',
    '-port=5353',
    '1.0.96.10.in-addr.arpa.',
    '10.0.0.9',
  ]);
  // nslookup would ask for the name of an address, whatever the type.
  assert.equal(argumentsOf({ ...asking, lookup: ['10.96.0.1', 'A'], server: own }).at(-1), '10.96.0.1.');
});

test('the reverse name of every address reads back as the address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const spelled = canonical(address);
      if (spelled === undefined) return;
      assert.equal(addressOfReverse(reverseName(address)), spelled);
    }),
  );
});

test('no name that a task can have becomes an option, a second argument or a shell word', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('-', 'a', '.', '_', ':', ' ', '\n', '$', ';', '=', '"') }),
    fc.constantFrom('-debug', '-port=1', '-', '--', 'a b', 'a\n', '$(id)', '::1', '-vc.', '_x.y.'),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(...recordTypes), (name, type) => {
      const task = readTask({
        lookups: [[name, type]],
        paths: ['ResolvConf'],
        transports: ['UDP'],
        timeoutSeconds: 1,
        services: [],
        first: 0,
        budget: { questions: 1, seconds: 1 },
      });
      const [lookup] = task?.lookups ?? [];
      if (lookup === undefined) return;
      const args = argumentsOf({ lookup, server: own, transport: 'UDP', timeoutSeconds: 1 });
      assert.equal(args.length, 4);
      assert.match(args.at(-1) ?? '', /^[A-Za-z0-9_:][-A-Za-z0-9_.:]*$/);
    }),
    { numRuns: 2000 },
  );
});
