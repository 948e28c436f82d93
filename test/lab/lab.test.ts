import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { kubernetesGoMod, kubernetesLinkerFlags } from "./build/go-module.ts";
import { clusterSpec, haproxyConfiguration, initConfiguration, joinConfiguration, nodeSettings, routesOf } from "./configuration.ts";
import { packageRepositoryOf, defaultOptions, planLab } from "./plan.ts";
import { Prober } from "./probes.ts";
import type { LabVariant } from "./variants.ts";
import { etcdModules, imageOf, packageVersion, parseImageList, parseLabVersion } from "./versions.ts";

const plan = planLab(defaultOptions);
const [cp1, cp2] = plan.nodes;
const w1 = plan.nodes.find((node) => node.role === "worker");
assert.ok(cp1 !== undefined && cp2 !== undefined && w1 !== undefined);

describe("plan of the lab", () => {
  test("every machine has a name, an address and a pod subnet of its own", () => {
    const machines = [plan.endpoint, plan.bastion, ...plan.nodes];
    assert.deepEqual(plan.nodes.map((node) => node.name), ["cp1", "cp2", "cp3", "w1", "w2"]);
    assert.equal(new Set(machines.map((machine) => machine.address)).size, machines.length);
    assert.equal(new Set(machines.map((machine) => machine.container)).size, machines.length);
    assert.equal(new Set(plan.nodes.map((node) => node.podSubnet)).size, plan.nodes.length);
  });

  test("other options give another fingerprint, the same options the same", () => {
    const { name, ...others } = defaultOptions;
    assert.equal(planLab({ ...others, name }).fingerprint, plan.fingerprint);
    assert.notEqual(planLab({ ...defaultOptions, workers: 1 }).fingerprint, plan.fingerprint);
    const both = (...variants: readonly LabVariant[]): string => planLab({ ...defaultOptions, variants }).fingerprint;
    assert.notEqual(both("untainted"), plan.fingerprint);
    assert.equal(both("untainted", "own-folders"), both("own-folders", "untainted"));
  });

  test("a lab of RPM hosts has repositories and package versions of that format", () => {
    const rpm = planLab({ ...defaultOptions, variants: ["rpm"] });
    assert.equal(packageRepositoryOf(rpm, "v1.34.4"), "http://172.30.0.2/kubernetes/v1.34/rpm/");
    assert.equal(nodeSettings(rpm, w1, { sandbox: "pause:1", archives: [] })["LAB_PACKAGE_VERSION"], "1.33.13-150500.1.1");
  });

  test("a lab of IPv6 names no address of IPv4 to kubeadm, the load balancer or Capstan", () => {
    const lab = planLab({ ...defaultOptions, variants: ["ipv6"] });
    const [first] = lab.nodes;
    assert.ok(first !== undefined);
    for (const text of [initConfiguration(lab, first), haproxyConfiguration(lab), clusterSpec(lab), routesOf(lab, first)]) assert.doesNotMatch(text, /\d+\.\d+\.\d+\.\d+/);
    assert.equal(lab.apiEndpoint, "[fd30:172:30:1000::2]:6443");
    assert.ok(initConfiguration(lab, first).includes("value: fd30:172:30:1000::11"));
  });

  test("each minor has an apt repository of its own", () => {
    assert.equal(packageRepositoryOf(plan, "v1.33.13"), "http://172.30.0.2/kubernetes/v1.33/deb/");
    assert.equal(packageRepositoryOf(plan, "v1.34.4"), "http://172.30.0.2/kubernetes/v1.34/deb/");
  });

  const wrong = [
    [{ controlPlanes: 0 }, /--control-planes 0/],
    [{ workers: 1.5 }, /--workers 1.5/],
    [{ kubernetes: "1.33.13" }, /1\.33\.13: not a Kubernetes version/],
    [{ target: "v1.35.4" }, /--target v1\.35\.4/],
    [{ target: "v1.32.2" }, /--target v1\.32\.2/],
    [{ subnet: "172.30" }, /--subnet 172\.30/],
    [{ name: "Lab 1" }, /--name Lab 1/],
  ] as const;
  for (const [options, message] of wrong) {
    test(`an option that cannot be is named: ${JSON.stringify(options)}`, () => {
      assert.throws(() => planLab({ ...defaultOptions, ...options }), message);
    });
  }
});

describe("versions", () => {
  test("a package version is the version with the first revision", () => {
    assert.equal(packageVersion("v1.34.4"), "1.34.4-1.1");
    assert.deepEqual(parseLabVersion("v1.34.4"), { major: 1, minor: 34, patch: 4 });
  });

  test("image names keep the tag that kubeadm printed", () => {
    const images = parseImageList("registry.k8s.io/coredns/coredns:v1.12.1\nregistry.k8s.io/etcd:3.6.5-0\n");
    assert.deepEqual(imageOf(images, "coredns"), { name: "registry.k8s.io/coredns/coredns:v1.12.1", component: "coredns", tag: "v1.12.1" });
    assert.equal(imageOf(images, "etcd").tag, "3.6.5-0");
    assert.throws(() => imageOf(images, "pause"), /No image of pause among coredns, etcd/);
    assert.throws(() => parseImageList("registry.k8s.io/etcd"), /no image name with a tag/);
  });

  test("etcd comes from the modules of its tag, the tools of v3.5.24 from the release that is served", () => {
    assert.deepEqual(etcdModules("3.6.5-0"), { server: "v3.6.5", tools: "v3.6.5" });
    assert.deepEqual(etcdModules("3.5.24-0"), { server: "v3.5.24", tools: "v3.5.35" });
  });
});

describe("Go module of Kubernetes", () => {
  const published = `module k8s.io/kubernetes

go 1.24.0

require (
	k8s.io/api v0.0.0
	k8s.io/klog/v2 v2.130.1
	k8s.io/kube-openapi v0.0.0-20250318190949-c8a335a9a2ff
	k8s.io/kubectl v0.0.0
)

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	k8s.io/sample-apiserver => ./staging/src/k8s.io/sample-apiserver
)
`;

  test("staging modules are replaced, modules published on their own are not", () => {
    const text = kubernetesGoMod("v1.33.13", published);
    assert.match(text, /^go 1\.24\.0$/m);
    assert.deepEqual([...text.matchAll(/=> (\S+ \S+)/g)].map((match) => match[1]), [
      "k8s.io/api v0.33.13",
      "k8s.io/kubectl v0.33.13",
      "k8s.io/sample-apiserver v0.33.13",
    ]);
  });

  test("commands are linked with the version that they report", () => {
    const flags = kubernetesLinkerFlags("v1.33.13");
    assert.ok(flags.includes("-X k8s.io/component-base/version.gitVersion=v1.33.13"));
    assert.ok(flags.includes("-X k8s.io/client-go/pkg/version.gitMinor=33"));
  });
});

describe("configuration", () => {
  test("the load balancer checks every API server and every node's port", () => {
    const text = haproxyConfiguration(plan);
    for (const node of plan.nodes) {
      assert.equal(text.includes(`server ${node.name} ${node.address}:6443`), node.role === "control-plane");
      assert.ok(text.includes(`server ${node.name} ${node.address}:30080`));
    }
  });

  test("a node has a route to the pods of every other node", () => {
    assert.equal(routesOf(plan, cp1).trim().split("\n").length, 4);
    assert.ok(routesOf(plan, cp1).includes(`${w1.podSubnet} ${w1.address}\n`));
    assert.ok(!routesOf(plan, cp1).includes(cp1.podSubnet));
  });

  test("only control-plane nodes get the key of the certificates", () => {
    const secrets = { token: "t", caCertHash: "sha256:0", certificateKey: "secret" };
    assert.ok(joinConfiguration(plan, cp2, secrets).includes("certificateKey: secret"));
    assert.ok(!joinConfiguration(plan, w1, secrets).includes("secret"));
  });

  test("kubeadm reads four documents, its endpoint is the load balancer", () => {
    const kinds = parseAllDocuments(initConfiguration(plan, cp1)).map((document) => document.get("kind"));
    assert.deepEqual(kinds, ["InitConfiguration", "ClusterConfiguration", "KubeletConfiguration", "KubeProxyConfiguration"]);
    assert.ok(initConfiguration(plan, cp1).includes("controlPlaneEndpoint: 172.30.0.2:6443"));
  });

  test("a host starts with the packages of the version below", () => {
    const settings = nodeSettings(plan, w1, { sandbox: "pause:1", archives: ["a.tar", "b.tar"] });
    assert.equal(settings["LAB_PACKAGE_VERSION"], "1.33.13-1.1");
    assert.equal(settings["LAB_REPOSITORY"], "http://172.30.0.2/kubernetes/v1.33/deb/");
    assert.equal(settings["LAB_ARCHIVES"], "a.tar b.tar");
  });

  test("folders of a cluster's own are what kubeadm is told, and nothing is said of them in a plain lab", () => {
    const configurationOf = (text: string): unknown => parseAllDocuments(text)[1]?.toJS();
    const own = planLab({ ...defaultOptions, variants: ["own-folders"] });
    const { certificatesDir, etcd } = Object(configurationOf(initConfiguration(own, cp1)));
    assert.deepEqual([certificatesDir, etcd], ["/etc/kubernetes/own-pki", { local: { dataDir: "/var/lib/own-etcd" } }]);
    assert.ok(!("certificatesDir" in Object(configurationOf(initConfiguration(plan, cp1)))));
  });

  test("the spec refers to files beside it and holds no secret", () => {
    const { spec } = parse(clusterSpec(plan));
    assert.deepEqual(spec.target, { version: "v1.34.4" });
    assert.equal(spec.access.ssh.bastion.address, plan.bastion.address);
    assert.equal(spec.access.ssh.privateKey.file, "id_ed25519");
    assert.equal(spec.packages.repository, "http://172.30.0.2/kubernetes/v{minor}/deb/");
  });
});

describe("prober", () => {
  test("probes go out at their rate while earlier ones wait, and each failure is told with its reason", async () => {
    let count = 0;
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: enough, resolve: tellEnough } = Promise.withResolvers<void>();
    const prober = new Prober(async () => {
      count += 1;
      if (count === 5) tellEnough();
      if (count === 1) await release;
      if (count === 2) throw new Error("connection refused");
    }, 200);
    prober.start();
    await enough;
    resolve();
    const report = await prober.stop();
    assert.equal(report.sent, count);
    assert.equal(report.failed, 1);
    assert.equal(report.failures[0]?.reason, "connection refused");
  });
});
