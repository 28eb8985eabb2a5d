/** Both kinds under kubectl: what people do with built-in kinds, they can do with these. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dropOneWay } from '../sandbox/faults/network.ts';
import type { RunOptions } from '../sandbox/node/command.ts';
import { applyAudit, askForRun, auditNamed, finished, runNamed } from './support/audits.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { toldBy } from './support/told.ts';

const audit = 'under-kubectl';
const quick = { checks: [{ name: 'pods', type: 'PodToPod', podToPod: { timeoutMilliseconds: 300 } }] };
let cluster: Cluster;

before(async () => {
  cluster = await openCluster({ nodes: 2 });
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudits', '--all']);
  await cluster?.stop();
});

/** manifest is an audit as people write it. */
function manifest(name: string, spec: object): RunOptions {
  const object = { apiVersion: 'netaudit.dev/v1alpha1', kind: 'NetworkAudit', metadata: { name }, spec };
  return { input: JSON.stringify(object) };
}

/** table reads what `kubectl get` prints: the header as text, and the cells of each row by column. */
function table(text: string) {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const columns = [...header.matchAll(/\S+( \S+)*\s*/g)].map(({ 0: cell, index }) => ({
    name: cell.trim(),
    from: index,
    to: index + cell.length,
  }));
  const last = columns.at(-1);
  const rows = lines.map((line) =>
    Object.fromEntries(
      columns.map(({ name, from, to }) => [
        name,
        line.slice(from, name === last?.name ? undefined : to).trim(),
      ]),
    ),
  );
  return { columns: columns.map(({ name }) => name), lines, rows };
}

const get = async (...args: readonly string[]) => table(await cluster.kubectl(['get', ...args]));
const since = /^(\d+[smhd])+$/;

describe('kubectl get', () => {
  before(async () => {
    await applyAudit(cluster, audit, { schedule: '*/30 * * * *', timeZone: 'Europe/Amsterdam', ...quick });
    await finished(cluster, await askForRun(cluster, audit));
    await cluster.kubectl(['wait', `networkaudit/${audit}`, '--for=condition=Passed', '--timeout=30s']);
  });

  it('tells the story of an audit on one line', async () => {
    const { columns, lines, rows } = await get('networkaudits');
    assert.deepEqual(columns, [
      'NAME',
      'VERDICT',
      'PASSED',
      'FAILED',
      'UNKNOWN',
      'LAST RUN',
      'SCHEDULE',
      'READY',
      'AGE',
    ]);
    const { AGE: age = '', 'LAST RUN': lastRun = '', ...row } = rows[0] ?? {};
    const questions = String(cluster.nodes.length ** 2 * 2);
    assert.deepEqual(row, {
      NAME: audit,
      SCHEDULE: '*/30 * * * *',
      VERDICT: 'NetworkSound',
      PASSED: questions,
      FAILED: '0',
      UNKNOWN: '0',
      READY: 'True',
    });
    assert.match(age, since);
    assert.match(lastRun, since);
    assert.ok((lines[0] ?? '').length <= 100, lines[0]);
  });

  it('tells more of it on a wide one', async () => {
    const { columns, rows } = await get('networkaudit', audit, '--output=wide');
    assert.deepEqual(columns.slice(9), ['SUSPEND', 'SUSPECT', 'MESSAGE']);
    assert.equal(rows[0]?.SUSPEND, 'false');
    assert.match(rows[0]?.MESSAGE ?? '', /^Run under-kubectl-\w{5}: \d+ of \d+ questions passed$/);
  });

  it('tells the story of a run on one line', async () => {
    const { columns, lines, rows } = await get('networkauditruns');
    assert.deepEqual(columns, ['NAME', 'AUDIT', 'OUTCOME', 'PASSED', 'FAILED', 'UNKNOWN', 'COMPLETE', 'AGE']);
    const { AGE: _, NAME: name = '', ...row } = rows[0] ?? {};
    assert.match(name, /^under-kubectl-\w{5}$/);
    assert.deepEqual(row, {
      AUDIT: audit,
      PASSED: String(cluster.nodes.length ** 2 * 2),
      FAILED: '0',
      UNKNOWN: '0',
      COMPLETE: 'True',
      OUTCOME: 'Passed',
    });
    assert.ok((lines[0] ?? '').length <= 100, lines[0]);
  });

  it('knows both kinds by their short names, and the two together by a category', async () => {
    assert.deepEqual((await get('netaudit', '--output=name')).columns, [
      `networkaudit.netaudit.dev/${audit}`,
    ]);
    assert.match(
      (await get('netauditrun', '--output=name')).columns[0] ?? '',
      /^networkauditrun\.netaudit\.dev\//,
    );
    const both = (await cluster.kubectl(['get', 'netaudits', '--output=name'])).trim().split('\n');
    assert.deepEqual(both.map((name) => name.split('/')[0]).sort(), [
      'networkaudit.netaudit.dev',
      'networkauditrun.netaudit.dev',
    ]);
  });
});

describe('kubectl describe', () => {
  it('shows the conditions of an audit, and events on change', async () => {
    const text = await cluster.kubectl(['describe', 'networkaudit', audit]);
    assert.match(text, /Reason: +NetworkSound\n +Status: +True\n +Type: +Passed\n/);
    assert.match(text, /Time Zone: +Europe\/Amsterdam\n/);
    assert.match(text, /Normal +NetworkSound +\S+ +netaudit\.dev\/operator +Run under-kubectl-\w{5}: /);
  });

  it('shows the plan and the results of a run', async () => {
    const text = await cluster.kubectl(['describe', 'networkauditruns']);
    assert.match(text, /Outcome: +Passed\n/);
    assert.match(text, /Plan:\n/);
  });
});

/** fieldsWithout lists the fields of a schema that say nothing of themselves. */
function fieldsWithout(schema: Schema, path: string): readonly string[] {
  const { properties = {}, items } = schema;
  const nested = Object.entries(properties).flatMap(([name, field]) => [
    ...(field.description === undefined ? [`${path}.${name}`] : []),
    ...fieldsWithout(field, `${path}.${name}`),
  ]);
  return items === undefined ? nested : [...nested, ...fieldsWithout(items, `${path}[]`)];
}

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

describe('kubectl explain', () => {
  it('has a text for every field of ours', async () => {
    const document: { components: { schemas: Record<string, Schema> } } = JSON.parse(
      await cluster.kubectl(['get', '--raw', '/openapi/v3/apis/netaudit.dev/v1alpha1']),
    );
    for (const kind of ['NetworkAudit', 'NetworkAuditRun']) {
      const schema = document.components.schemas[`dev.netaudit.v1alpha1.${kind}`];
      assert.ok(schema?.properties !== undefined && schema.description !== undefined, kind);
      const { metadata: _, ...ours } = schema.properties;
      assert.deepEqual(fieldsWithout({ properties: ours }, kind), []);
    }
  });

  it('shows text, type and enumeration of a field, and what is required', async () => {
    const limit = await cluster.kubectl(['explain', 'networkaudit.spec.runsHistoryLimit']);
    assert.match(limit, /FIELD: runsHistoryLimit <integer>\n/);
    assert.match(limit, /runsHistoryLimit is how many finished runs are kept\./);
    const type = await cluster.kubectl(['explain', 'netaudit.spec.checks.type']);
    assert.match(type, /FIELD: type <string>.*\nENUM:\n +PodToPod\n/);
    const checks = await cluster.kubectl(['explain', 'netaudit.spec.checks']);
    assert.match(checks, /^ {2}name\t<string> -required-\n/m);
  });

  it('shows all fields at once', async () => {
    for (const kind of ['networkaudit', 'networkauditrun']) {
      const text = await cluster.kubectl(['explain', kind, '--recursive']);
      for (const field of ['conditions', 'observedGeneration', 'suspects', 'findings', 'summary']) {
        assert.match(text, new RegExp(`^ +${field}\\t<`, 'm'), `${kind} ${field}`);
      }
    }
  });
});

describe('kubectl apply', () => {
  const name = 'applied';

  it('twice changes nothing, and makes no second run', async () => {
    const apply = () => cluster.kubectl(['apply', '-f', '-'], manifest(name, quick));
    assert.equal(await apply(), `networkaudit.netaudit.dev/${name} created\n`);
    await finished(cluster, `${name}-g1`);
    assert.equal(await apply(), `networkaudit.netaudit.dev/${name} unchanged\n`);
    assert.equal((await auditNamed(cluster, name)).metadata.generation, 1);
  });

  it('of a changed spec makes a run of the new generation, which wait waits for', async () => {
    const changed = manifest(name, { ...quick, maxUnknownPercent: 20 });
    const passed = ['wait', `networkaudit/${name}`, '--for=condition=Passed', '--timeout=30s'];
    await cluster.kubectl(passed);
    assert.equal(
      await cluster.kubectl(['apply', '-f', '-'], changed),
      `networkaudit.netaudit.dev/${name} configured\n`,
    );
    await cluster.kubectl(passed);
    const { status } = await auditNamed(cluster, name);
    assert.equal(status?.lastRun?.name, `${name}-g2`);
    assert.equal(status?.observedGeneration, 2);
  });

  it('is shown before by diff', async () => {
    const diff = (spec: object) => cluster.tryKubectl(['diff', '-f', '-'], manifest(name, spec));
    const same = await diff({ ...quick, maxUnknownPercent: 20 });
    assert.deepEqual([same.code, same.stdout, same.stderr], [0, '', '']);
    const { code, stdout } = await diff({ ...quick, maxUnknownPercent: 30 });
    assert.equal(code, 1);
    const changes = stdout.split('\n').filter((line) => /^[-+] /.test(line));
    assert.deepEqual(
      changes.map((line) => line.replace(/\s+/, ' ')),
      ['- generation: 2', '+ generation: 3', '- maxUnknownPercent: 20', '+ maxUnknownPercent: 30'],
    );
  });

  it('takes fields away again that it set', async () => {
    await cluster.kubectl(['apply', '-f', '-'], manifest(name, quick));
    assert.equal((await auditNamed(cluster, name)).spec.maxUnknownPercent, 10);
  });
});

describe('kubectl apply --server-side', () => {
  const name = 'server-side';
  const apply = (spec: object, ...args: readonly string[]) =>
    cluster.tryKubectl(['apply', '--server-side', '-f', '-', ...args], manifest(name, spec));

  it('twice changes nothing', async () => {
    const spec = { suspend: true, ...quick };
    assert.equal((await apply(spec)).stdout, `networkaudit.netaudit.dev/${name} serverside-applied\n`);
    const ready = ['wait', `networkaudit/${name}`, '--for=condition=Ready', '--timeout=30s'];
    await cluster.kubectl(ready);
    const before = await auditNamed(cluster, name);
    assert.equal((await apply(spec)).code, 0);
    assert.deepEqual(await auditNamed(cluster, name), before);
  });

  it('of a changed spec changes it', async () => {
    assert.equal((await apply({ suspend: true, runsHistoryLimit: 3, ...quick })).code, 0);
    const { metadata, spec } = await auditNamed(cluster, name);
    assert.deepEqual([metadata.generation, spec.runsHistoryLimit], [2, 3]);
  });

  it('of another manager is a conflict, which names the field and both managers, and can be forced', async () => {
    const other = { runsHistoryLimit: 5 };
    const { code, stderr } = await apply(other, '--field-manager=other');
    assert.equal(code, 1);
    assert.match(stderr, /conflict with "kubectl"/);
    assert.match(stderr, /\.spec\.runsHistoryLimit/);
    assert.equal((await auditNamed(cluster, name)).spec.runsHistoryLimit, 3);
    assert.equal((await apply(other, '--field-manager=other', '--force-conflicts')).code, 0);
    assert.equal((await auditNamed(cluster, name)).spec.runsHistoryLimit, 5);
  });

  it('lets two managers each have a check of their own', async () => {
    const more = { checks: [{ name: 'more', type: 'PodToPod', podToPod: { protocols: ['TCP'] } }] };
    assert.equal((await apply(more, '--field-manager=third')).code, 0);
    const { spec } = await auditNamed(cluster, name);
    assert.deepEqual(
      spec.checks.map((check) => check.name),
      ['pods', 'more'],
    );
  });

  it('does not own what the operator writes', async () => {
    const text = await cluster.kubectl(['get', 'networkaudit', name, '-o', 'json', '--show-managed-fields']);
    const {
      metadata,
    }: { metadata: { managedFields: readonly { manager: string; subresource?: string }[] } } =
      JSON.parse(text);
    const status = metadata.managedFields.filter(({ subresource }) => subresource === 'status');
    assert.deepEqual(
      status.map(({ manager }) => manager),
      ['netaudit-operator'],
    );
  });
});

describe('kubectl edit and patch', () => {
  const name = 'edited';
  const limit = async () => (await auditNamed(cluster, name)).spec.runsHistoryLimit;

  before(() => applyAudit(cluster, name, { suspend: true }));

  it('edit opens an editor on it', async () => {
    const env = { KUBE_EDITOR: "sed -i 's/runsHistoryLimit: 10/runsHistoryLimit: 9/'" };
    await cluster.kubectl(['edit', 'networkaudit', name], { env });
    assert.equal(await limit(), 9);
  });

  it('patch merges, and applies JSON patches', async () => {
    const patch = ['patch', 'networkaudit', name];
    await cluster.kubectl([...patch, '--type=merge', '--patch={"spec":{"runsHistoryLimit":8}}']);
    assert.equal(await limit(), 8);
    const operations = '[{"op":"replace","path":"/spec/runsHistoryLimit","value":7}]';
    await cluster.kubectl([...patch, '--type=json', `--patch=${operations}`]);
    assert.equal(await limit(), 7);
    await cluster.kubectl([...patch, '--type=merge', '--patch={"spec":{"runsHistoryLimit":null}}']);
    assert.equal(await limit(), 10);
  });

  it('cannot make a run of another audit out of one, nor give it another plan', async () => {
    const run = await finished(cluster, await askForRun(cluster, name));
    const patch = ['patch', 'networkauditrun', run.metadata.name, '--type=merge'];
    const spec = await cluster.tryKubectl([...patch, '--patch={"spec":{"auditName":"other"}}']);
    assert.equal(spec.code, 1);
    assert.match(spec.stderr, /spec cannot be changed: create another NetworkAuditRun instead/);
    const plan = await cluster.tryKubectl([
      ...patch,
      '--subresource=status',
      '--patch={"status":{"plan":{"number":99}}}',
    ]);
    assert.equal(plan.code, 1);
    assert.match(plan.stderr, /status\.plan: .*plan is written once and never changed/);
    assert.deepEqual((await runNamed(cluster, run.metadata.name)).status?.plan, run.status?.plan);
  });
});

describe('a run as a gate', () => {
  const name = 'gate';
  /** passes asks as a pipeline does: create, wait until it is over, then look whether it passed. */
  const passes = async (run: string): Promise<boolean> => {
    await cluster.kubectl(['wait', `networkauditrun/${run}`, '--for=condition=Complete', '--timeout=60s']);
    const { code } = await cluster.tryKubectl([
      'wait',
      `networkauditrun/${run}`,
      '--for=condition=Passed',
      '--timeout=0',
    ]);
    return code === 0;
  };

  before(() => applyAudit(cluster, name, { suspend: true, ...quick }));

  it('never answers with an older verdict, however often the network breaks and is mended', async () => {
    const [from, to] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
    assert.ok(from !== undefined && to !== undefined);
    for (let round = 1; round <= 2; round++) {
      assert.equal(await passes(await askForRun(cluster, name)), true, `round ${round}, whole`);
      const mend = await cluster.inject(dropOneWay(from, to));
      try {
        assert.equal(await passes(await askForRun(cluster, name)), false, `round ${round}, broken`);
      } finally {
        await mend();
      }
    }
    assert.equal(await passes(await askForRun(cluster, name)), true);
  });

  it('is not answered by a run that was under way when it was created', async () => {
    const [from, to] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
    assert.ok(from !== undefined && to !== undefined);
    const mend = await cluster.inject(dropOneWay(from, to));
    const first = await askForRun(cluster, name);
    const probing = '--for=jsonpath={.status.conditions[?(@.type=="Passed")].reason}=NotYetRun';
    await cluster.kubectl(['wait', `networkauditrun/${first}`, probing, '--timeout=30s']);
    const second = await askForRun(cluster, name);
    await finished(cluster, first);
    await mend();
    assert.deepEqual([await passes(first), await passes(second)], [false, true]);
    const [older, newer] = await Promise.all([runNamed(cluster, first), runNamed(cluster, second)]);
    assert.equal(newer.status?.plan?.number, (older.status?.plan?.number ?? 0) + 1);
    assert.equal(toldBy(newer).outcome, 'Passed');
  });
});
