/** What a DNS probe gets through, against servers on loopback that answer at once: nslookup's own time is what counts. */
import { dnsProbe } from '../../src/checks/dns/probe.ts';
import { questionsOf, readTask, serversOf } from '../../src/checks/dns/task.ts';
import { startDNSServer } from '../support/dns-server.ts';
import { type Figure, median, type Section } from './figures.ts';

const repetitions = 5;

/** measureDNS runs the probe a few times in this process. */
export async function measureDNS(): Promise<Section> {
  const figures: Figure[] = [];
  for (const lookups of [4, 32]) figures.push(...(await figuresOf(lookups)));
  return { title: 'The DNS probe, two replicas over UDP and TCP', figures };
}

async function figuresOf(count: number): Promise<readonly Figure[]> {
  const answer = { type: 'A', name: 'a.example', ttl: 30, data: '192.0.2.1' } as const;
  const servers = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map((address) =>
      startDNSServer(({ name, type }) => ({ answers: type === 'A' ? [{ ...answer, name }] : [] }), {
        address,
      }),
    ),
  );
  try {
    const given = {
      lookups: Array.from({ length: count }, (_, index) => [`name-${index}.example.`, 'A'] as const),
      paths: ['Endpoints'] as const,
      transports: ['UDP', 'TCP'] as const,
      timeoutSeconds: 2,
      services: [{ addresses: [], endpoints: servers.map(({ address, port }) => [address, port] as const) }],
      first: 0,
      budget: { questions: 256, seconds: 45 },
    };
    const task = readTask(given);
    if (task === undefined) throw new Error('The bench has no task of DNS');
    const questions = questionsOf(task, serversOf(task, [])).length;
    const seconds: number[] = [];
    for (let index = 0; index < repetitions; index += 1) seconds.push(await secondsOf(given));
    const note = `${questions} lookups`;
    return [
      { what: 'From first question to evidence', value: median(seconds), unit: 's', note },
      { what: 'Lookups', value: questions / median(seconds), unit: 'per second', note },
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function secondsOf(task: Parameters<typeof dnsProbe.probe>[0]): Promise<number> {
  const began = performance.now();
  const context = {
    signal: new AbortController().signal,
    podAddresses: [],
    node: 'n1',
    check: 'dns',
    progress: () => {},
    print: async () => {},
  };
  await dnsProbe.probe(task, context);
  return (performance.now() - began) / 1000;
}
