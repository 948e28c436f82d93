import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HIDDEN, redact } from '../../workflows/domain/redact.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const textOf = (characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> => fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((all) => all.join(''));
const alphanumeric = `${LETTERS}${LETTERS.toUpperCase()}${DIGITS}`;
/** A password as people have them, made so that it cannot be in the text around it by chance. */
const password = textOf(`${alphanumeric}!#$%*+-.:@^_~`, 8, 24).map((word) => `Zq${word}9Z`);
const opaque = textOf(`${alphanumeric}-_`, 12, 60).map((word) => `Zq${word}9Z`);
// Without the bias to zeros: a key is random, and rows of A are no key.
const base64 = (bytes: number): fc.Arbitrary<string> => fc.noBias(fc.uint8Array({ minLength: bytes, maxLength: bytes })).map((data) => Buffer.from(data).toString('base64'));
const pem = base64(1_200).map((data) => (data.match(/.{1,64}/g) ?? []));
const bootstrap = fc.tuple(textOf(`${LETTERS}${DIGITS}`, 6, 6), textOf(`${LETTERS}${DIGITS}`, 15, 15)).map(([id, secret]) => `${id}.${secret}7`);

interface Place {
  readonly name: string;
  readonly secret: fc.Arbitrary<string>;
  readonly write: (secret: string) => string;
}

const PLACES: readonly Place[] = [
  { name: 'userinfo of a package source, as dnf says it', secret: opaque, write: (secret) => `Status code: 401 for https://deploy:${secret}@repo.corp/rpm/repodata/repomd.xml (IP: 10.0.0.9)` },
  { name: 'userinfo of a package source, as apt says it', secret: opaque, write: (secret) => `E: Failed to fetch https://${secret}@repo.corp/deb/InRelease  401  Unauthorized` },
  { name: 'a password with an at sign in a URL', secret: opaque, write: (secret) => `proxy=http://me:a@${secret}@proxy.corp:3128/` },
  { name: 'a password with a slash in a URL', secret: opaque, write: (secret) => `baseurl = https://me:a/${secret}@repo.corp/rpm` },
  { name: 'userinfo of a database', secret: opaque, write: (secret) => `dial postgres://k3s:${secret}@db:5432/kine failed` },
  { name: 'a proxy without a scheme', secret: opaque, write: (secret) => `https_proxy is me:${secret}@proxy.corp:3128` },
  { name: 'a header', secret: opaque, write: (secret) => `GET /api: Authorization: Bearer ${secret}` },
  { name: 'a basic header', secret: base64(24), write: (secret) => `> Authorization: Basic ${secret}` },
  { name: 'a header in JSON', secret: opaque, write: (secret) => `{"headers":{"authorization":"Bearer ${secret}"}}` },
  { name: 'a refused header, as Node says it', secret: opaque, write: (secret) => `Headers.append: "Bearer ${secret}" is an invalid header value.` },
  { name: 'a basic credential in prose', secret: base64(24).map((word) => `Zq9${word}`), write: (secret) => `the authorization header was Basic ${secret}` },
  { name: 'a cookie', secret: opaque, write: (secret) => `< Set-Cookie: sid=${secret}; Path=/; HttpOnly` },
  { name: 'a client secret in a table', secret: opaque, write: (secret) => `client_id capstan client_secret ${secret}` },
  { name: 'an element of XML', secret: opaque, write: (secret) => `<user>me</user><password>${secret}</password>` },
  { name: 'a token of Vault', secret: textOf(alphanumeric, 30, 90).map((word) => `hvs.${word}`), write: (secret) => `vault said ${secret} is revoked` },
  { name: 'an older token of Vault', secret: textOf(alphanumeric, 22, 22).map((word) => `s.Z${word}9`), write: (secret) => `vault said ${secret} is revoked` },
  { name: 'a token of a registry', secret: textOf(`${alphanumeric}-_`, 27, 27).map((word) => `dckr_pat_${word}`), write: (secret) => `docker login with ${secret} failed` },
  { name: 'a deploy token', secret: textOf(`${alphanumeric}-_`, 20, 20).map((word) => `gldt-${word}`), write: (secret) => `fatal: ${secret} was revoked` },
  { name: 'a query', secret: opaque, write: (secret) => `https://blob.corp/x?sv=2026&sig=${secret}&se=1` },
  { name: 'a presigned query', secret: opaque, write: (secret) => `https://s3.corp/x?X-Amz-Credential=${secret}&X-Amz-Date=2026` },
  { name: 'an assignment', secret: password.map((word) => word.replaceAll(/[&;]/g, '')), write: (secret) => `export DB_PASSWORD=${secret}` },
  { name: 'a quoted assignment over lines', secret: opaque, write: (secret) => `password="first line\n${secret}"\nnext` },
  { name: 'a value with escaped quotes', secret: opaque, write: (secret) => `{"clientSecret":"a\\"${secret}","x":1}` },
  { name: 'JSON within a quoted log line', secret: opaque, write: (secret) => `msg="cannot use {\\"token\\":\\"${secret}\\"}" err=x` },
  { name: 'a YAML value', secret: password, write: (secret) => `users:\n- name: me\n  user:\n    token: ${secret}\n` },
  { name: 'a YAML value of words', secret: opaque, write: (secret) => `passphrase: correct horse ${secret}\n` },
  { name: 'a YAML block', secret: opaque, write: (secret) => `    token: |\n      eyJ\n      ${secret}\n    other: 1\n` },
  { name: 'a YAML flow map', secret: opaque, write: (secret) => `- {name: x, token: ${secret}}` },
  { name: 'a kubeconfig', secret: base64(96), write: (secret) => `    client-key-data: ${secret}` },
  { name: 'an option', secret: opaque, write: (secret) => `kubelogin get-token --client-secret ${secret} --tenant 1` },
  { name: 'an option with an equals sign', secret: opaque, write: (secret) => `oidc-login --oidc-client-secret=${secret}` },
  { name: 'a .netrc', secret: opaque, write: (secret) => `machine repo.corp login deploy password ${secret}` },
  { name: 'curl', secret: opaque, write: (secret) => `+ curl -fsS -u deploy:${secret} https://repo.corp` },
  { name: 'an .npmrc', secret: opaque, write: (secret) => `//npm.corp/:_authToken=${secret}` },
  { name: 'docker, in JSON', secret: base64(24), write: (secret) => `{"auths":{"registry.corp":{"auth":"${secret}"}}}` },
  { name: 'docker, an identity token', secret: opaque, write: (secret) => `"identitytoken": "${secret}"` },
  { name: 'a cloud key', secret: base64(30), write: (secret) => `aws_secret_access_key = ${secret}` },
  { name: 'a cloud key id', secret: textOf(`${LETTERS.toUpperCase()}${DIGITS}`, 16, 16).map((word) => `AKIA${word}`), write: (secret) => `InvalidClientTokenId for ${secret}` },
  { name: 'kubeadm join', secret: bootstrap, write: (secret) => `kubeadm join 10.0.0.1:6443 --token ${secret} \\\n\t--discovery-token-ca-cert-hash sha256:${'a1'.repeat(32)}` },
  { name: 'an option with a dot in its value', secret: opaque, write: (secret) => `kubeadm join --token abcdef.${secret} x` },
  { name: 'kubeadm token list', secret: bootstrap, write: (secret) => `${secret}   23h   2026-12-01T00:00:00Z   authentication,signing` },
  { name: 'kubeadm certificate key', secret: textOf('0123456789abcdef', 64, 64), write: (secret) => `[upload-certs] Using certificate key:\n${secret}\n` },
  { name: 'a signed token', secret: fc.tuple(base64(30), base64(60), base64(32)).map(([head, body, sign]) => `eyJ${[head, body, sign].join('.').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`), write: (secret) => `invalid bearer token, [${secret}, token has expired]` },
  { name: 'a Secret in YAML', secret: opaque, write: (secret) => `apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  anything: ${secret}\ntype: Opaque\n` },
  { name: 'a Secret in JSON', secret: opaque, write: (secret) => `{"kind":"Secret","apiVersion":"v1","data":{"anything":"${secret}"}}` },
];

for (const { name, secret, write } of PLACES) {
  test(`no secret survives in ${name}, wherever the text around it begins and ends`, () => {
    // A block's lines stand deeper than its name.
    fc.assert(fc.property(secret, fc.constantFrom('', 'error: it failed\n', ...(name === 'a YAML block' ? [] : ['w1: ', '  '])), fc.constantFrom('', '\nnext line', ' and more'), (value, before, after) => {
      const clean = redact(`${before}${write(value)}${after}`);
      assert.ok(!clean.includes(value), clean);
      assert.ok(clean.includes(HIDDEN));
      assert.equal(redact(clean), clean);
    }), { numRuns: 60 });
  });
}

test('no line of a key survives, whole, escaped, prefixed by a log, or cut at either end', () => {
  fc.assert(fc.property(pem, fc.nat({ max: 20 }), fc.constantFrom('RSA PRIVATE KEY', 'PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'EC PRIVATE KEY', 'CERTIFICATE'), (lines, cut, kind) => {
    const begin = `-----BEGIN ${kind}-----`;
    const end = `-----END ${kind}-----`;
    const whole = [begin, ...lines, end];
    const texts = [
      `before\n${whole.join('\n')}\nafter it all`, `"key": "${whole.join('\\n')}\\n"`, whole.map((line) => `    ${line}`).join('\n'), whole.join('\r\n'),
      [begin, ...lines.slice(0, cut + 1)].join('\n'), [...lines.slice(cut), end].join('\n'), lines.slice(cut).join('\n'), [begin, ...lines.slice(0, cut + 1)].join('\\n'),
      whole.map((line) => `Dec 01 01:02:03 cp1 kubelet[812]: ${line}`).join('\n'),
    ];
    for (const text of texts) {
      const clean = redact(text);
      for (const line of lines.slice(0, -1)) assert.ok(!clean.includes(line), `${text}\n->\n${clean}`);
    }
    assert.equal(redact(texts[0] ?? ''), `before\n${HIDDEN}\nafter it all`);
  }), { numRuns: 100 });
});

test('a secret known by its value is hidden whatever stands around it', () => {
  fc.assert(fc.property(password, fc.string(), fc.string(), (secret, before, after) => {
    assert.ok(!redact(`${before}${secret}${after}`, [secret]).includes(secret));
  }));
});

test('ordinary text stays as it is', () => {
  const texts = [
    'sha256:' + 'a1b2c3d4'.repeat(8), 'registry.k8s.io/pause@sha256:' + '0f'.repeat(32), 'docker-pullable://registry.k8s.io/coredns:v1.11@sha256:' + '0f'.repeat(32),
    'ghcr.io/x/coredns:v1.11.3@sha256:' + '9c'.repeat(32), 'worker-1.example.com', 'node01.internal.corp', 'ip-10-0-0-1.eu-central-1.compute.internal', 'v1.34.4', '1.34.4-1.1', 'kubelet-1.34.4-150500.1.1.x86_64',
    'https://10.0.0.1:6443/readyz?verbose', 'https://[fd00::1]:2379', 'https://127.0.0.1:2379,https://[::1]:2379', 'http://repo.corp:8080/deb/ stable main', 'see https://repo.corp:443', 'The API at https://10.0.0.1:6443: no answer within 10 s.',
    'prod-v1.34.4-1a2b3c4d', '/var/lib/capstan/prod-v1.34.4-1a2b3c4d/cp1/kubeadmUpgrade/1/output', '8e9e05c52164694d, started, cp1, https://10.0.0.1:2380', '5f2b7c1e-1234-4abc-9def-0123456789ab',
    'ssh-ed25519 SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDZfyqXhVdKpGfYq+k', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG9pZ0JxW5v2Jc1Qn0r3m0wq9k3cVb1f8yq0p9lK3v2a', 'user ops@10.0.0.1', 'ssh ops@cp1 -p 22', 'spec.access.kubeconfig: {file: /root/.kube/config}',
    '[sudo] password for ops:', 'sudo: a password is required', 'secrets "db" not found', 'secrets is forbidden: User "x" cannot list resource "secrets" in API group ""', 'error: token has expired', 'the bearer token was refused', 'Bearer token is missing', 'Bearer realm="https://auth.corp/t"',
    'automountServiceAccountToken: false', '{"token":null,"auth":{"user":1}}', 'Flag --token is deprecated', '--token-ttl 24h', '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key', 'client-key: /var/lib/kubelet/pki/kubelet-client-current.pem', 'private-key=/etc/key.pem,x',
    'secretName: web-tls', 'imagePullSecrets:\n- name: registry', 'etcd member.leader moved', 'volumes:\n- name: s\n  secret:\n    secretName: x', 'authorization-mode=Node,RBAC', 'x509: certificate signed by unknown authority', 'basic authentication failed', 'authentication: Basic Constraints are missing', 'Authenticate: Basic realm="x"', 'set-cookie is not allowed', 'kubeadm join --token <token> --discovery-token-ca-cert-hash <hash>', 'client_secret is required', 'api-key rotated', 'pods.v1.apps', 's.ServiceAccountController', 'gldt-x',
    '[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to post CSRs', 'Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...', 'E1201 01:02:03.000004   812 kubelet.go:2911] "Container runtime network not ready"',
    'abcdef0123456789'.repeat(4), 'ABCDEF0123456789'.repeat(4), 'no kind MutatingAdmissionWebhookConfigurationV1Beta1ListOptions', '/usr/lib/node/Modules1/Temporal2/Worker3/Activity4/Interceptor5/Inbound6', 'drain: 3 pods to go, 1 protected by default/web', 'docker run -u 1000:1000 x', 'step 1/2: 10:30@noon',
  ];
  for (const text of texts) assert.equal(redact(text), text);
  fc.assert(fc.property(fc.array(fc.constantFrom(...texts), { maxLength: 6 }), (several) => {
    const text = several.join('\n');
    assert.equal(redact(text), text);
  }));
});

test('hostile output costs no more than its length', () => {
  const pieces = ['://', 'http://', 'a:', '@', 'password', 'password=', '"password":"', "token: '", 'token: |\n ', '-----BEGIN PRIVATE KEY-----', '-----END X-----', 'eyJ', 'AAAA', 'a', ' ', '\n', '\t', '"', '\\', '\\"', 'Authorization:', 'Bearer ', 'login x ', '--', '--a', 'abcdef.', '.', '{', 'kind: Secret\ndata:\n ', '"data":{', 'AbC1+/', '=', '-u a:', 'certificate key', '0', 'http://a:', '- ', 'auth basic ', 'auth', 'set-cookie: a', '<token>', 'client_secret '];
  const LENGTH = 300_000;
  for (const piece of [...pieces, ...pieces.flatMap((one) => ['a', ' ', '\n', '"', ':'].map((other) => `${one}${other}`))]) {
    for (const text of [piece.repeat(Math.ceil(LENGTH / piece.length)), `${piece.repeat(Math.ceil(LENGTH / piece.length))}\u0000`]) {
      const startMs = performance.now();
      redact(text);
      assert.ok(performance.now() - startMs < 2_500, `${JSON.stringify(piece)}: ${Math.round(performance.now() - startMs)} ms`);
    }
  }
});
