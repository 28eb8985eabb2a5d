import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cluster, elsewhere, met, node, type Tables } from './traced.ts';

/** A Service of one endpoint: everything else in these tests is added to it. */
const web: Tables = {
  nat: `
    PREROUTING -j KUBE-SERVICES
    OUTPUT -j KUBE-SERVICES
    POSTROUTING -j KUBE-POSTROUTING
    KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB
    KUBE-SVC-WEB -j KUBE-SEP-A
    KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080
    KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
    KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
    KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
    KUBE-POSTROUTING -j MASQUERADE --random-fully`,
};
const toWeb = 'in;Endpoint 10.244.1.5:8080 * -|node;Endpoint 10.244.1.5:8080 * -';
/** The Pods' range, one address of it, and everything else, as bounds in hexadecimal. */
const notPods = '0,af40000,af50000,100000000';

function added(tables: Tables): Tables {
  const all: Record<string, string> = { ...web };
  // Rules come before those of the Service where they begin with an exclamation mark.
  for (const [table, rules] of Object.entries(tables)) {
    const [first, last] = [
      rules.split('\n').filter((rule) => rule.trim().startsWith('!')),
      rules.split('\n').filter((rule) => !rule.trim().startsWith('!')),
    ];
    all[table] = [...first.map((rule) => rule.trim().slice(1).trim()), all[table] ?? '', ...last].join('\n');
  }
  return all;
}

describe('the way to an endpoint', () => {
  test('leads from both origins through the dispatch to the endpoint', () => {
    assert.equal(met(web), toWeb);
  });

  test('is another for another port, protocol or address: nothing happens', () => {
    assert.equal(met(web, { ...cluster, port: 81 }), 'in|node');
    assert.equal(met(web, { ...cluster, protocol: 'udp' }), 'in|node');
    assert.equal(met(web, { ...cluster, address: '10.96.0.6' }), 'in|node');
  });

  test('is missing from the one origin whose jump is missing', () => {
    const rules = web.nat?.replace('OUTPUT -j KUBE-SERVICES', '') ?? '';
    assert.equal(met({ nat: rules }), 'in;Endpoint 10.244.1.5:8080 * -|node');
  });

  test('splits sources, and joins them again where they come to the same', () => {
    const rules = `
      PREROUTING -s 10.1.0.0/16 -j KUBE-A
      PREROUTING -s 10.2.0.0/16 -j KUBE-B
      PREROUTING -j KUBE-B
      KUBE-A -p tcp -j DNAT --to-destination 10.244.1.5:80
      KUBE-B -p tcp -j DNAT --to-destination 10.244.1.6:80`;
    assert.equal(
      met({ nat: rules }),
      'in;Endpoint 10.244.1.5:80 a010000,a020000 -;Endpoint 10.244.1.6:80 0,a010000,a020000,100000000 -|node',
    );
  });

  test('keeps the port where the target names none, and the address where it names only a port', () => {
    assert.equal(
      met({ nat: 'PREROUTING -p tcp -j DNAT --to-destination 10.244.1.5' }),
      'in;Endpoint 10.244.1.5:80 * -|node',
    );
    assert.equal(
      met({ nat: 'PREROUTING -p tcp -j DNAT --to-destination :8080' }),
      'in;Endpoint 10.96.0.5:8080 * -|node',
    );
  });

  test('may be a redirection: to loopback for the node, to its first address for others', () => {
    const rules = {
      nat: 'PREROUTING -p tcp -j REDIRECT --to-ports 15001\nOUTPUT -p tcp -j REDIRECT --to-ports 15001',
    };
    assert.equal(met(rules), `in;Endpoint ${node}:15001 * -|node;Endpoint 127.0.0.1:15001 * -`);
  });
});

describe('shares', () => {
  const spread = (first: string, second: string): Tables => ({
    nat: `
      PREROUTING -j KUBE-SVC
      KUBE-SVC -m statistic --mode random --probability ${first} -j KUBE-A
      KUBE-SVC -m statistic --mode random --probability ${second} -j KUBE-B
      KUBE-SVC -j KUBE-C
      KUBE-A -p tcp -j DNAT --to-destination 10.244.1.5:80
      KUBE-B -p tcp -j DNAT --to-destination 10.244.1.6:80
      KUBE-C -p tcp -j DNAT --to-destination 10.244.1.7:80`,
  });

  test('are not written where all are alike, within what iptables rounds', () => {
    assert.equal(
      met(spread('0.33333333349', '0.50000000000')),
      'in;Endpoint 10.244.1.5:80 * -;Endpoint 10.244.1.6:80 * -;Endpoint 10.244.1.7:80 * -|node',
    );
  });

  test('are written in millionths where they differ', () => {
    assert.equal(
      met(spread('0.50000000000', '0.50000000000')),
      'in;Endpoint 10.244.1.5:80 * - =500000;Endpoint 10.244.1.6:80 * - =250000;Endpoint 10.244.1.7:80 * - =250000|node',
    );
  });

  test('are written where some packets go nowhere', () => {
    const rules =
      spread('0.33333333349', '0.50000000000').nat?.replace('KUBE-C -p tcp', 'KUBE-D -p tcp') ?? '';
    assert.equal(
      met({ nat: rules }),
      'in;Endpoint 10.244.1.5:80 * - =333333;Endpoint 10.244.1.6:80 * - =333333|node',
    );
  });

  test('add up where one endpoint is there twice', () => {
    const rules = spread('0.33333333349', '0.50000000000').nat?.replace('10.244.1.7', '10.244.1.6') ?? '';
    assert.equal(
      met({ nat: rules }),
      'in;Endpoint 10.244.1.5:80 * - =333333;Endpoint 10.244.1.6:80 * - =666667|node',
    );
  });

  test('are told for each source', () => {
    const rules = `
      PREROUTING -s 10.1.0.0/16 -m statistic --mode random --probability 0.25 -j KUBE-A
      PREROUTING -m statistic --mode random --probability 0.5 -j KUBE-A
      PREROUTING -j KUBE-B
      KUBE-A -p tcp -j DNAT --to-destination 10.244.1.5:80
      KUBE-B -p tcp -j DNAT --to-destination 10.244.1.6:80`;
    assert.equal(
      met({ nat: rules }),
      'in;Endpoint 10.244.1.5:80 0,a010000,a020000,100000000 -;Endpoint 10.244.1.5:80 a010000,a020000 - =625000;' +
        'Endpoint 10.244.1.6:80 0,a010000,a020000,100000000 -;Endpoint 10.244.1.6:80 a010000,a020000 - =375000|node',
    );
  });
});

describe('jump, goto and return', () => {
  const at = (rules: string): string =>
    met({
      nat: `${rules}\nKUBE-A -p tcp -j DNAT --to-destination 10.244.1.5:80\nKUBE-B -p tcp -j DNAT --to-destination 10.244.1.6:80`,
    });
  const a = 'in;Endpoint 10.244.1.5:80 * -|node';
  const b = 'in;Endpoint 10.244.1.6:80 * -|node';

  test('a chain that ends goes on behind the rule that jumped', () => {
    assert.equal(at('PREROUTING -j KUBE-X\nPREROUTING -j KUBE-A\nKUBE-X -m mark --mark 0x1 -j KUBE-B'), a);
  });

  test('a return skips the rest of its chain only', () => {
    assert.equal(at('PREROUTING -j KUBE-X\nPREROUTING -j KUBE-A\nKUBE-X -j RETURN\nKUBE-X -j KUBE-B'), a);
  });

  test('a return in a base chain ends it with its policy', () => {
    assert.equal(at('PREROUTING -j RETURN\nPREROUTING -j KUBE-A'), 'in|node');
  });

  test('what was gone to returns to where its own caller was jumped to from', () => {
    // X is jumped to, and goes to Y: the end of Y skips the rest of X.
    const rules =
      'PREROUTING -j KUBE-X\nPREROUTING -j KUBE-A\nKUBE-X -g KUBE-Y\nKUBE-X -j KUBE-B\nKUBE-Y -m mark --mark 0x1 -j RETURN';
    assert.equal(at(rules), a);
    assert.equal(at(rules.replace('-g KUBE-Y', '-j KUBE-Y')), b);
    assert.equal(at(rules.replace('KUBE-Y -m mark --mark 0x1 -j RETURN', 'KUBE-Y -j RETURN')), a);
  });

  test('a goto of a base chain ends it', () => {
    assert.equal(at('PREROUTING -g KUBE-X\nPREROUTING -j KUBE-A\nKUBE-X -j RETURN'), 'in|node');
  });

  test('a jump in circles ends as unknown, and soon', () => {
    assert.equal(
      at('PREROUTING -j KUBE-X\nKUBE-X -j KUBE-Y\nKUBE-X -j KUBE-Y\nKUBE-Y -j KUBE-X\nKUBE-Y -j KUBE-X'),
      'in;Unknown  * -|node',
    );
  });
});

describe('hooks', () => {
  test('accept ends one base chain only: those of other tables still come', () => {
    const rules = added({ mangle: 'PREROUTING -j ACCEPT\nFORWARD -j ACCEPT', filter: 'FORWARD -j DROP' });
    assert.equal(met(rules), 'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -');
  });

  test('the rules of filter see the endpoint, those of mangle in prerouting what was asked for', () => {
    assert.equal(
      met(added({ filter: 'FORWARD -d 10.244.1.5/32 -p tcp -m tcp --dport 8080 -j REJECT' })),
      'in;Reject  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
    assert.equal(met(added({ filter: 'FORWARD -d 10.96.0.5/32 -j REJECT' })), toWeb);
    assert.equal(
      met(added({ mangle: 'PREROUTING -d 10.96.0.5/32 -j DROP' })),
      'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('once the destination is replaced, no other nat rule of the hook is asked', () => {
    const later = { nat: 'PREROUTING -p tcp -j DNAT --to-destination 10.244.1.9:1' };
    assert.equal(met(added(later)), toWeb);
  });

  test('a policy drops what nothing accepted', () => {
    const rules = ':FORWARD DROP\nFORWARD -s 10.1.0.0/16 -j ACCEPT';
    assert.equal(
      met(added({ filter: rules })),
      'in;Drop  0,a010000,a020000,100000000 -;Endpoint 10.244.1.5:8080 a010000,a020000 -|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('packets to the node itself pass input, others forward; those of the node neither', () => {
    const rules = {
      filter: 'INPUT -j KUBE-DROP\nFORWARD -j KUBE-REJECT\nKUBE-DROP -j DROP\nKUBE-REJECT -j REJECT',
    };
    assert.equal(met(rules), 'in;Reject  * -|node');
    assert.equal(met(rules, { ...cluster, address: node }), 'in;Drop  * -|node;Drop  * -');
    assert.equal(met({ filter: 'OUTPUT -j KUBE-X\nKUBE-X -j REJECT' }), 'in|node;Reject  * -');
  });

  test('what the node sends to itself comes in again over loopback', () => {
    const rules = { mangle: 'PREROUTING -i lo -j KUBE-X\nKUBE-X -j DROP' };
    assert.equal(met(rules, { ...cluster, address: node }), 'in|node;Drop  * -');
    assert.equal(met(rules), 'in|node');
  });

  test('rules of raw come before connection tracking: nothing is NEW there, and NOTRACK ends all translation', () => {
    assert.equal(met(added({ raw: 'PREROUTING -m conntrack --ctstate NEW -j DROP' })), toWeb);
    assert.equal(
      met(added({ mangle: 'PREROUTING -m conntrack --ctstate NEW -j DROP' })),
      'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
    assert.equal(
      met(added({ raw: 'PREROUTING -s 10.1.0.0/16 -j CT --notrack' })),
      'in;Endpoint 10.244.1.5:8080 0,a010000,a020000,100000000 -;Untracked  a010000,a020000 -|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('an untracked packet can still be dropped', () => {
    const rules = {
      raw: 'PREROUTING -j CT --notrack',
      filter: 'FORWARD -m conntrack --ctstate UNTRACKED -j KUBE-X\nKUBE-X -j DROP',
    };
    assert.equal(met(added(rules)), 'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -');
  });

  test('a state of DNAT is that of a packet with another destination', () => {
    assert.equal(
      met(added({ filter: 'FORWARD -m conntrack --ctstate DNAT -j DROP' })),
      'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
    assert.equal(met({ filter: 'FORWARD -m conntrack --ctstate DNAT -j DROP' }), 'in|node');
  });
});

describe('addresses of the node and interfaces', () => {
  test('no packet that comes in has a source of the node; each of its own has', () => {
    const rules = {
      nat: '! PREROUTING -m addrtype --src-type LOCAL -j ACCEPT\n! OUTPUT -m addrtype --src-type LOCAL -j ACCEPT',
    };
    assert.equal(met(added(rules)), 'in;Endpoint 10.244.1.5:8080 * -|node');
  });

  test('the loopback range is the node, whatever its addresses', () => {
    const rules = { filter: 'INPUT -m addrtype --dst-type LOCAL -j KUBE-X\nKUBE-X -j DROP' };
    assert.equal(met(rules, { ...cluster, address: '127.0.0.9' }), 'in;Drop  * -|node;Drop  * -');
    assert.equal(met(rules, { ...cluster, address: elsewhere }), 'in|node');
  });

  test('packets come in over the uplink, and leave where the route leads', () => {
    assert.equal(
      met(added({ filter: 'FORWARD -i eth0 -o cni0 -j DROP' })),
      'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
    assert.equal(met(added({ filter: 'FORWARD -i eth+ -o eth0 -j DROP' })), toWeb);
    assert.equal(met(added({ nat: '! OUTPUT -o eth0 -j ACCEPT' })), 'in;Endpoint 10.244.1.5:8080 * -|node');
  });
});

describe('masquerading', () => {
  const masq = (rule: string): string => met(added({ nat: `! ${rule}` }));

  test('takes packets that were marked on their way', () => {
    assert.equal(
      masq('KUBE-SVC-WEB ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ'),
      `in;Endpoint 10.244.1.5:8080 * ${notPods}|node;Endpoint 10.244.1.5:8080 * *`,
    );
  });

  test('takes an endpoint that reaches itself', () => {
    assert.equal(
      masq('KUBE-SEP-A -s 10.244.1.5/32 -j KUBE-MARK-MASQ'),
      'in;Endpoint 10.244.1.5:8080 * af40105,af40106|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('does not take packets to the node itself, but does take its own', () => {
    const rules =
      added({ nat: '! KUBE-SVC-WEB -j KUBE-MARK-MASQ' }).nat?.replace('10.244.1.5:8080', `${node}:6443`) ??
      '';
    assert.equal(met({ nat: rules }), `in;Endpoint ${node}:6443 * -|node;Endpoint ${node}:6443 * *`);
  });

  test('is lost where the rule is lost, and is everyone’s where its condition is', () => {
    const marked = added({ nat: '! KUBE-SVC-WEB ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ' }).nat ?? '';
    assert.equal(met({ nat: marked.replace('KUBE-POSTROUTING -j MASQUERADE --random-fully', '') }), toWeb);
    assert.equal(
      met({ nat: marked.replace('KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN', '') }),
      'in;Endpoint 10.244.1.5:8080 * *|node;Endpoint 10.244.1.5:8080 * *',
    );
  });

  test('by another agent counts between Pods, and not where traffic leaves their network', () => {
    const agent = { nat: 'POSTROUTING -j MASQUERADE' };
    assert.equal(
      met(added(agent)),
      'in;Endpoint 10.244.1.5:8080 * af40000,af50000|node;Endpoint 10.244.1.5:8080 * -',
    );
    const outside = added(agent).nat?.replace('10.244.1.5:8080', '192.0.2.10:3306') ?? '';
    assert.equal(met({ nat: outside }), 'in;Endpoint 192.0.2.10:3306 * -|node;Endpoint 192.0.2.10:3306 * -');
  });

  test('by another agent counts for packets that kube-proxy marked', () => {
    const rules =
      added({ nat: '! KUBE-SVC-WEB -s 10.1.0.0/16 -j KUBE-MARK-MASQ\nPOSTROUTING -j MASQUERADE' }).nat ?? '';
    assert.equal(
      met({ nat: rules.replace('POSTROUTING -j KUBE-POSTROUTING', '') }),
      'in;Endpoint 10.244.1.5:8080 * a010000,a020000,af40000,af50000|node;Endpoint 10.244.1.5:8080 * -',
    );
  });
});

describe('affinity', () => {
  const sticky = `
    PREROUTING -j KUBE-SVC
    KUBE-SVC -m recent --rcheck --seconds 600 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A
    KUBE-SVC -m recent --rcheck --seconds 600 --reap --name KUBE-SEP-B --mask 255.255.255.255 --rsource -j KUBE-SEP-B
    KUBE-SVC -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
    KUBE-SVC -j KUBE-SEP-B
    KUBE-SEP-A -p tcp -m recent --set --name KUBE-SEP-A --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.5:80
    KUBE-SEP-B -p tcp -m recent --set --name KUBE-SEP-B --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.6:80`;
  const lines = sticky.trim().split('\n');
  const without = (index: number): string =>
    met({ nat: lines.filter((_, each) => each !== index).join('\n') });

  test('holds for each endpoint that its own list leads back to', () => {
    assert.equal(
      met({ nat: sticky }),
      'in;Endpoint 10.244.1.5:80 * - ~600;Endpoint 10.244.1.6:80 * - ~600|node',
    );
  });

  test('is lost where the list is not asked, not written, or asked for another time', () => {
    assert.equal(without(1), 'in;Endpoint 10.244.1.5:80 * -;Endpoint 10.244.1.6:80 * - ~600|node');
    const unset = sticky.replace('-m recent --set --name KUBE-SEP-B --mask 255.255.255.255 --rsource ', '');
    assert.equal(met({ nat: unset }), 'in;Endpoint 10.244.1.5:80 * - ~600;Endpoint 10.244.1.6:80 * -|node');
    assert.equal(
      met({ nat: sticky.replace('--seconds 600', '--seconds 60') }),
      'in;Endpoint 10.244.1.5:80 * - ~60;Endpoint 10.244.1.6:80 * - ~600|node',
    );
  });

  test('is none where the list leads to another endpoint, or only half of its packets are asked', () => {
    const crossed = sticky.replace(
      '--name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A',
      '--name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-B',
    );
    assert.equal(met({ nat: crossed }), 'in;Endpoint 10.244.1.5:80 * -;Endpoint 10.244.1.6:80 * - ~600|node');
    const late = [lines[0], lines[3], lines[1], lines[2], ...lines.slice(4)].join('\n');
    assert.equal(met({ nat: late }), 'in;Endpoint 10.244.1.5:80 * -;Endpoint 10.244.1.6:80 * -|node');
  });

  test('is none where the next connection is not masqueraded as the first one was', () => {
    const masquerade = [
      'KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
      'POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE',
    ];
    const mark = 'KUBE-SVC -j KUBE-MARK-MASQ';
    const metWith = (...order: readonly (string | undefined)[]) =>
      met({ nat: [...order, ...lines.slice(3), ...masquerade].join('\n') });
    assert.equal(
      metWith(lines[0], mark, lines[1], lines[2]),
      'in;Endpoint 10.244.1.5:80 * * ~600;Endpoint 10.244.1.6:80 * * ~600|node',
    );
    assert.equal(
      metWith(lines[0], lines[1], mark, lines[2]),
      'in;Endpoint 10.244.1.5:80 * *;Endpoint 10.244.1.6:80 * * ~600|node',
    );
  });

  test('is told for each source', () => {
    const some = sticky.replace('KUBE-SVC -m recent --rcheck', 'KUBE-SVC -s 10.1.0.0/16 -m recent --rcheck');
    assert.equal(
      met({ nat: some }),
      'in;Endpoint 10.244.1.5:80 0,a010000,a020000,100000000 -;Endpoint 10.244.1.5:80 a010000,a020000 - ~600;Endpoint 10.244.1.6:80 * - ~600|node',
    );
  });
});

describe('rules that are not understood', () => {
  test('are nothing where both ways come to the same', () => {
    assert.equal(met(added({ nat: '! PREROUTING -m set --match-set agent dst -j ACCEPT-NOTHING' })), toWeb);
    assert.equal(met(added({ nat: '! KUBE-SVC-WEB -m set --match-set agent src -j KUBE-SEP-A' })), toWeb);
  });

  test('make packets unknown that they may send elsewhere', () => {
    assert.equal(
      met(added({ nat: '! PREROUTING -s 10.1.0.0/16 -m set --match-set agent dst -j ACCEPT' })),
      'in;Endpoint 10.244.1.5:8080 0,a010000,a020000,100000000 -;Unknown  a010000,a020000 -|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('do nothing to packets that another part of the rule excludes', () => {
    assert.equal(
      met(added({ nat: '! PREROUTING -m set --match-set agent dst -m tcp --dport 81 -j ACCEPT' })),
      toWeb,
    );
  });

  test('behind the choice of an endpoint let packets through', () => {
    assert.equal(met(added({ filter: 'FORWARD -m set --match-set agent src -j DROP' })), toWeb);
    assert.equal(met(added({ nat: 'POSTROUTING -m set --match-set agent src -j MASQUERADE' })), toWeb);
    assert.equal(
      met(added({ filter: 'FORWARD -m set --match-set agent src -j DROP\nFORWARD -j DROP' })),
      'in;Drop  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
  });

  test('leave a Service without endpoints refused where they can only refuse it too', () => {
    const refused = 'FORWARD -j KUBE-SERVICES\nKUBE-SERVICES -d 10.96.0.5/32 -j REJECT';
    assert.equal(
      met({ filter: `FORWARD -m set --match-set agent src -j ACCEPT\n${refused}` }),
      'in;Unknown  * -|node',
    );
    assert.equal(met({ filter: 'FORWARD -m set --match-set agent src -j DROP' }), 'in|node');
  });

  test('stop packets that kube-proxy sends nowhere without it being an affair of Services', () => {
    const refused = 'FORWARD -j KUBE-SERVICES\nKUBE-SERVICES -d 10.96.0.5/32 -j REJECT';
    assert.equal(met({ filter: 'FORWARD -j DROP' }), 'in|node');
    assert.equal(met({ filter: ':FORWARD DROP' }), 'in|node');
    assert.equal(
      met({ filter: `FORWARD -m set --match-set agent src -j DROP\n${refused}` }),
      'in;Reject  * -|node',
    );
    assert.equal(met({ filter: `FORWARD -j DROP\n${refused}` }), 'in|node');
  });

  test('a target that is not understood makes packets unknown, and is let pass behind', () => {
    assert.equal(
      met({ mangle: 'PREROUTING -j TPROXY --on-port 1', ...web }),
      'in;Unknown  * -|node;Endpoint 10.244.1.5:8080 * -',
    );
    assert.equal(met({ mangle: 'FORWARD -j TPROXY --on-port 1', ...web }), toWeb);
  });
});
