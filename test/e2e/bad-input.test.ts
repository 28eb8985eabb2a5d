/** Input that makes no sense: refused with a sentence that says what is wrong, or told of in Ready; never a storm. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { applyAudit, auditNamed, finished, runOnce } from './support/audits.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { sound, toldBy } from './support/told.ts';

let cluster: Cluster;

before(async () => {
  cluster = await openCluster({ nodes: 1 });
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudits', '--all']);
  await cluster?.tryKubectl(['delete', 'networkauditruns', '--all']);
  await cluster?.stop();
});

const apiVersion = 'netaudit.dev/v1alpha1';
const check = { name: 'pods', type: 'PodToPod' };

/** refusalOf applies an object and resolves to the sentence with which it is refused. */
async function refusalOf(object: object, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.tryKubectl(['create', '-f', '-', ...args], {
    input: JSON.stringify(object),
  });
  assert.equal(code, 1, stdout);
  return stderr.trim();
}

const audit = (spec: object, name = 'bad') => ({
  apiVersion,
  kind: 'NetworkAudit',
  metadata: { name },
  spec,
});
const run = (spec: object, name = 'bad') => ({
  apiVersion,
  kind: 'NetworkAuditRun',
  metadata: { name },
  spec,
});

const lookingUp = (...lookups: readonly object[]) =>
  audit({ checks: [{ name: 'dns', type: 'DNS', dns: { lookups } }] });

/** badNames are what nobody may look up: each is refused by the schema, and never reaches a command line. */
const badNames: readonly (readonly [what: string, name: string])[] = [
  ['a space', 'kubernetes default'],
  ['quotes', `kubernetes'"default`],
  ['a dash in front', '-type=any'],
  ['a dash in front of a label', 'kubernetes.-default'],
  ['an option of nslookup', '-debug'],
  ['a command of a shell', '$(reboot)'],
  ['a command behind a semicolon', 'a;reboot'],
  ['another script', 'кубернетес.default'],
  ['an empty label', 'kubernetes..default'],
  ['a label of 64 characters', `${'a'.repeat(64)}.default`],
  ['a line break', 'a\nserver 192.0.2.1'],
];

/** refused are objects with what the sentence of their refusal must hold. */
const refused: readonly (readonly [what: string, object: object, ...sentence: readonly RegExp[]])[] = [
  [
    'a schedule of six fields',
    audit({ schedule: '0 */10 * * * *' }),
    /spec\.schedule: Invalid value: .*schedule must have the five fields of cron/,
  ],
  ['a nickname as a schedule', audit({ schedule: '@hourly' }), /schedule must have the five fields of cron/],
  ['an empty schedule', audit({ schedule: '' }), /spec\.schedule.* at least 1 chars long/],
  [
    'a schedule in other digits',
    audit({ schedule: '*/١٠ * * * *' }),
    /schedule must have the five fields of cron/,
  ],
  ['a schedule of a thousand characters', audit({ schedule: '*'.repeat(1000) }), /spec\.schedule: Too long/],
  [
    'a time zone within the schedule',
    audit({ schedule: 'TZ=UTC 0 * * * *' }),
    /a time zone goes into timeZone/,
  ],
  [
    'a time zone that does not exist',
    audit({ schedule: '0 * * * *', timeZone: 'Europe/Atlantis' }),
    /spec\.timeZone: Invalid value: .*timeZone/,
  ],
  [
    'a time zone in another script',
    audit({ schedule: '0 * * * *', timeZone: 'Европа/Москва' }),
    /timeZone must be the name of a zone in the IANA database, as in 'Europe\/Amsterdam' or 'UTC'/,
  ],
  [
    'a path as a time zone',
    audit({ schedule: '0 * * * *', timeZone: '../etc/passwd' }),
    /timeZone must be the name of a zone/,
  ],
  [
    'a time zone without a schedule',
    audit({ timeZone: 'Europe/Amsterdam' }),
    /spec\.timeZone: .*of no use without a schedule: set schedule, or remove timeZone/,
  ],
  [
    'a label key that is none',
    audit({ nodes: { selector: { matchExpressions: [{ key: 'a b', operator: 'Exists' }] } } }),
    /spec\.nodes\.selector\.matchExpressions\[0\]\.key: Invalid value: "a b"/,
  ],
  [
    'an operator that is none',
    audit({ nodes: { selector: { matchExpressions: [{ key: 'a', operator: 'Is', values: ['b'] }] } } }),
    /operator: Unsupported value: "Is": supported values: "In", "NotIn", "Exists", "DoesNotExist"/,
  ],
  [
    'an expression without values',
    audit({ nodes: { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } }),
    /values must not be empty for In and NotIn/,
  ],
  [
    'a label value in another script',
    audit({ nodes: { selector: { matchLabels: { zone: 'köln' } } } }),
    /spec\.nodes\.selector\.matchLabels\.zone: Invalid value: "köln"/,
  ],
  [
    'a kind of check that there is not',
    audit({ checks: [{ name: 'pods', type: 'PodToMoon' }] }),
    /spec\.checks\[0\]\.type: Unsupported value: "PodToMoon": supported values: "PodToPod", "DNS"/,
  ],
  [
    'options of another kind of check',
    audit({ checks: [{ ...check, dns: {} }] }),
    /spec\.checks\[0\]\.dns: Forbidden: dns holds the options of checks of type DNS/,
  ],
  [
    'a name of 254 characters',
    lookingUp({ name: `${'a.'.repeat(126)}aa` }),
    /spec\.checks\[0\]\.dns\.lookups\[0\]\.name: Too long: may not be more than 253 (bytes|characters)/,
  ],
  [
    'thirty-three lookups',
    lookingUp(...Array.from({ length: 33 }, (_, index) => ({ name: `a${index}.` }))),
    /spec\.checks\[0\]\.dns\.lookups: Too many: 33: must have at most 32 items/,
  ],
  [
    'records that nothing is expected of',
    lookingUp({ name: 'a.', records: ['192.0.2.1'] }),
    /records: Invalid value: .*records holds what is expected with expect: Records/,
  ],
  [
    'expected records that are missing',
    lookingUp({ name: 'a.', expect: 'Records' }),
    /records: Invalid value: .*records holds what is expected with expect: Records/,
  ],
  [
    'a type of records that is not asked for',
    lookingUp({ name: 'a.', type: 'MX' }),
    /dns\.lookups\[0\]\.type: Unsupported value: "MX": supported values: "A", "AAAA", "SRV", "PTR", "CNAME", "TXT"/,
  ],
  [
    'a path that there is not',
    audit({ checks: [{ name: 'dns', type: 'DNS', dns: { paths: ['192.0.2.1'] } }] }),
    /dns\.paths\[0\]: Unsupported value: "192\.0\.2\.1": supported values: "ResolvConf", "Service", "Endpoints"/,
  ],
  [
    'a check without a type',
    audit({ checks: [{ name: 'pods', podToPod: {} }] }),
    /spec\.checks\[0\]\.type: Required value/,
  ],
  [
    'two checks of one name',
    audit({ checks: [check, check] }),
    /spec\.checks\[1\]: Duplicate value: .*"name":"pods"/,
  ],
  ['no check at all', audit({ checks: [] }), /spec\.checks.* at least 1 items/],
  [
    'a thousand checks',
    audit({ checks: Array.from({ length: 1000 }, (_, index) => ({ ...check, name: `c${index}` })) }),
    /spec\.checks: Too many: 1000: must have at most 16 items/,
  ],
  [
    'a name of a check in capitals',
    audit({ checks: [{ ...check, name: 'Pods' }] }),
    /spec\.checks\[0\]\.name: Invalid value: .*name must be a DNS label: lower-case letters/,
  ],
  [
    'a name of a check in another script',
    audit({ checks: [{ ...check, name: '检查' }] }),
    /name must be a DNS label/,
  ],
  [
    'a name of a check of 253 characters',
    audit({ checks: [{ ...check, name: 'c'.repeat(253) }] }),
    /spec\.checks\[0\]\.name: Too long: may not be more than 63 (bytes|characters)/,
  ],
  [
    'a protocol that there is not',
    audit({ checks: [{ ...check, podToPod: { protocols: ['SCTP'] } }] }),
    /spec\.checks\[0\]\.podToPod\.protocols\[0\]: Unsupported value: "SCTP": supported values: "TCP", "UDP"/,
  ],
  [
    'a protocol twice',
    audit({ checks: [{ ...check, podToPod: { protocols: ['TCP', 'TCP'] } }] }),
    /protocols\[1\]: Duplicate value: "TCP"/,
  ],
  [
    'numbers out of bounds',
    audit({
      runTimeoutSeconds: 59,
      runsHistoryLimit: 0,
      maxUnknownPercent: 101,
      startingDeadlineSeconds: -1,
      nodes: { perRun: 201 },
      checks: [{ ...check, podToPod: { peersPerNode: 0, timeoutMilliseconds: 99 } }],
    }),
    /spec\.runTimeoutSeconds: Invalid value: 59: .* greater than or equal to 60/,
    /spec\.runsHistoryLimit: Invalid value: 0: .* greater than or equal to 1/,
    /spec\.maxUnknownPercent: Invalid value: 101: .* less than or equal to 100/,
    /spec\.startingDeadlineSeconds: Invalid value: -1: .* greater than or equal to 10/,
    /spec\.nodes\.perRun: Invalid value: 201: .* less than or equal to 200/,
    /spec\.checks\[0\]\.podToPod\.peersPerNode: Invalid value: 0: .* greater than or equal to 1/,
    /spec\.checks\[0\]\.podToPod\.timeoutMilliseconds: Invalid value: 99: .* greater than or equal to 100/,
  ],
  [
    'too little time for so many nodes',
    audit({ runTimeoutSeconds: 100, nodes: { perRun: 100 } }),
    /spec\.runTimeoutSeconds: Invalid value: .*raise runTimeoutSeconds, or lower nodes\.perRun/,
  ],
  [
    'text for a number',
    audit({ runsHistoryLimit: 'ten' }),
    /spec\.runsHistoryLimit: Invalid value: "string": .* must be of type integer: "string"/,
  ],
  [
    'a fraction',
    audit({ runsHistoryLimit: 1.5 }),
    /spec\.runsHistoryLimit: Invalid value: "float64": .* must be of type int32/,
  ],
  [
    'a number that no integer holds',
    audit({ runsHistoryLimit: 3_000_000_000 }),
    /spec\.runsHistoryLimit: Invalid value: 3000000000: .* less than or equal to 100/,
  ],
  ['an unknown field', audit({ shedule: '0 * * * *' }), /unknown field "spec\.shedule"/],
  [
    'an unknown field deep inside',
    audit({ checks: [{ ...check, podToPod: { image: 'evil' } }] }),
    /unknown field "spec\.checks\[0\]\.podToPod\.image"/,
  ],
  ['a list for a spec', audit([]), /spec: Invalid value: "array": .* must be of type object: "array"/],
  [
    'a name of 253 characters',
    audit({}, 'a'.repeat(253)),
    /metadata\.name must be no longer than 52 characters/,
  ],
  [
    'a name in another script',
    audit({}, 'проверка'),
    /metadata\.name: Invalid value: "проверка": a lowercase RFC 1123/,
  ],
  [
    'a run without a spec',
    { apiVersion, kind: 'NetworkAuditRun', metadata: { name: 'bad' } },
    /spec: Required value/,
  ],
  ['a run of no audit', run({}), /spec\.auditName: Required value/],
  [
    'a run of an audit with an impossible name',
    run({ auditName: 'a'.repeat(253) }),
    /spec\.auditName: Too long/,
  ],
  [
    'a run of an audit with a name in another script',
    run({ auditName: 'проверка' }),
    /spec\.auditName: Invalid value: .*auditName must be the name of a NetworkAudit/,
  ],
  [
    'a run of an audit whose name is a line of its own',
    run({ auditName: '{{evil}}\n' }),
    /auditName must be the name of a NetworkAudit/,
  ],
  [
    'a run of 253 characters',
    run({ auditName: 'a' }, 'a'.repeat(253)),
    /metadata\.name must be no longer than 63 characters/,
  ],
];

describe('the API server refuses', () => {
  for (const [what, name] of badNames) {
    it(`to look up a name with ${what}`, async () => {
      assert.match(
        await refusalOf(lookingUp({ name })),
        /spec\.checks\[0\]\.dns\.lookups\[0\]\.name: Invalid value: .*name must be a DNS name/s,
      );
    });
  }

  for (const [what, object, ...sentences] of refused) {
    it(`${what}, and says why`, async () => {
      const text = await refusalOf(object);
      for (const sentence of sentences) assert.match(text, sentence);
    });
  }

  it('members that do not match their type, of kinds of checks that are not there yet', async () => {
    const text = await refusalOf(audit({ checks: [{ ...check, weave: {} }] }));
    assert.match(text, /unknown field "spec\.checks\[0\]\.weave"/);
  });

  it('and prunes unknown fields for those who do not ask it to be strict', async () => {
    const object = audit({ suspend: true, shedule: '0 * * * *' }, 'pruned');
    const input = JSON.stringify(object);
    const made = await cluster.kubectl(['create', '--validate=false', '-f', '-', '-o', 'json'], { input });
    const { spec }: { spec: object } = JSON.parse(made);
    assert.equal('shedule' in spec, false);
  });
});

/** readiness resolves to what an audit says of itself once the operator has seen it. */
async function readiness(name: string): Promise<string> {
  await cluster.kubectl([
    'wait',
    `networkaudit/${name}`,
    '--for=jsonpath={.status.observedGeneration}=1',
    '--timeout=30s',
  ]);
  const { status } = await auditNamed(cluster, name);
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`;
}

describe('the operator says of an audit that cannot run', () => {
  it('that its schedule has a minute that there is not', async () => {
    await applyAudit(cluster, 'minute', { schedule: '61 * * * *' });
    assert.match(
      await readiness('minute'),
      /^False InvalidSchedule: The schedule "61 \* \* \* \*" in time zone Etc\/UTC cannot be used: .*minute: 61/,
    );
  });

  it('that its schedule is nonsense of the right shape', async () => {
    await applyAudit(cluster, 'nonsense', { schedule: 'a b c d e', timeZone: 'Europe/Amsterdam' });
    assert.match(
      await readiness('nonsense'),
      /^False InvalidSchedule: The schedule "a b c d e" in time zone Europe/,
    );
  });

  it('that it is never due, where it is not', async () => {
    await applyAudit(cluster, 'never', { schedule: '0 0 30 2 *' });
    assert.match(
      await readiness('never'),
      /^False InvalidSchedule: The schedule "0 0 30 2 \*" .* there is no such date$/,
    );
  });

  it('that its selector selects no node', async () => {
    await applyAudit(cluster, 'nowhere', { nodes: { selector: { matchLabels: { there: 'is-none' } } } });
    assert.equal(
      await readiness('nowhere'),
      'False NoEligibleNodes: No node has the labels that spec.nodes.selector asks for: correct the selector',
    );
  });

  it('and of runs of no audit that there is none', async () => {
    const names = ['a'.repeat(52), 'no.such-audit', '0'];
    const runs = names.map((auditName, index) => run({ auditName }, `of-none-${index}`));
    const input = runs.map((each) => JSON.stringify(each)).join('\n');
    await cluster.kubectl(['create', '-f', '-'], { input });
    for (const { metadata } of runs) {
      const { status } = await finished(cluster, metadata.name);
      assert.deepEqual(
        status?.conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`),
        ['Complete True AuditNotFound', 'Passed Unknown NothingJudged'],
      );
    }
  });
});

describe('all of that together', () => {
  it('keeps no other audit from its verdict', async () => {
    await applyAudit(cluster, 'good', { nodes: { perRun: 10 } });
    assert.deepEqual(toldBy(await finished(cluster, 'good-g1')), sound);
  });

  it('causes no requests once it has been told', async (t) => {
    const log = cluster.sandbox?.api.requestLog;
    if (log === undefined) return t.skip('The log of requests is the sandbox’s');
    log.clear();
    // As long as these two runs take, nobody but the good audit gives the operator anything to do.
    await runOnce(cluster, 'good');
    await runOnce(cluster, 'good');
    const others = log.entries
      .filter(({ user, group }) => user.endsWith(':netaudit-operator') && group === 'netaudit.dev')
      .filter(({ name, verb }) => verb !== 'watch' && !name.startsWith('good'));
    assert.deepEqual(others, []);
    const restarts = [
      'get',
      'pods',
      '--namespace=netaudit',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
    ];
    assert.match(await cluster.kubectl(restarts), /^0( 0)*$/);
  });
});
