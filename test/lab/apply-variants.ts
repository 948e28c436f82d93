/** Makes the lab differ from a plain cluster: `npm run lab -- up --variant NAME…`. */
import { forgetRestarts } from "./control-plane.ts";
import { inHost } from "./host.ts";
import { labFiles } from "./files.ts";
import type { LabNode, LabPlan } from "./plan.ts";
import { run } from "./process.ts";
import { say } from "./progress.ts";
import type { LabVariant } from "./variants.ts";

/** What is done to hosts and cluster once all nodes have joined. Safe to run again. */
export async function applyVariants(plan: LabPlan, kubectl: string): Promise<void> {
  for (const variant of plan.variants) {
    await apply(variant, plan, kubectl);
    say(`variant ${variant} is in place`);
  }
}

async function apply(variant: LabVariant, plan: LabPlan, kubectl: string): Promise<void> {
  const controlPlane = plan.nodes.filter((node) => node.role === "control-plane");
  const api = (...args: readonly string[]): Promise<unknown> => run(kubectl, ["--kubeconfig", labFiles.kubeconfig, ...args]);
  switch (variant) {
    case "own-folders":
    case "rpm":
    case "ipv6":
      // Made so from the beginning.
      return;
    case "unlabelled":
      for (const { name } of controlPlane.slice(1)) await api("label", "node", name, "node-role.kubernetes.io/control-plane-");
      return;
    case "untainted":
      await api("taint", "node", "--all", "node-role.kubernetes.io/control-plane-").catch(ignoreAbsentTaint);
      return;
    case "cloned": {
      const id = (await inHost(controlPlane[0]?.container ?? "", "cat /etc/machine-id")).stdout.trim();
      await onEach(plan.nodes, `[ "$(cat /etc/machine-id)" = ${id} ] || { echo ${id} > /etc/machine-id; systemctl restart kubelet; }`);
      return;
    }
    case "noexec-tmp":
      await onEach(plan.nodes, "mount -o remount,noexec /tmp");
      return;
    case "kubelet-by-hand":
      await onEach(plan.nodes.slice(-1), "grep -q ^maxPods /var/lib/kubelet/config.yaml || { echo 'maxPods: 42' >> /var/lib/kubelet/config.yaml; systemctl restart kubelet; }");
      return;
    case "encryption":
      for (const node of controlPlane) await encrypt(node, controlPlane[0] ?? node);
      await forgetRestarts(plan, kubectl);
      return;
  }
}

function ignoreAbsentTaint(error: unknown): void {
  if (!String(error).includes("not found")) throw error;
}

async function onEach(nodes: readonly LabNode[], command: string): Promise<void> {
  await Promise.all(nodes.map((node) => inHost(node.container, command)));
}

/** A flag, a volume and a mount that stand in the manifest alone, as a person adds them who follows the documentation of encryption at rest. */
async function encrypt(node: LabNode, first: LabNode): Promise<void> {
  await inHost(first.container, `[ -e ${PROVIDERS} ] || { umask 077; key=$(head -c 32 /dev/urandom | base64); printf '%s\\n' '${providers("'$key'")}' > ${PROVIDERS}; }`);
  const text = (await inHost(first.container, `cat ${PROVIDERS}`)).stdout;
  await run("docker", ["exec", "-i", node.container, "bash", "-c", `umask 077; cat > ${PROVIDERS}`], { input: text });
  await inHost(node.container, [
    `grep -q encryption-provider-config ${MANIFEST} || {`,
    `sed -e 's|^    - kube-apiserver$|&\\n    - --encryption-provider-config=${PROVIDERS}|' \\`,
    `  -e 's|^    volumeMounts:$|&\\n    - mountPath: ${PROVIDERS}\\n      name: encryption\\n      readOnly: true|' \\`,
    `  -e 's|^  volumes:$|&\\n  - hostPath:\\n      path: ${PROVIDERS}\\n      type: File\\n    name: encryption|' ${MANIFEST} > /etc/kubernetes/kube-apiserver.new`,
    `chmod 600 /etc/kubernetes/kube-apiserver.new; mv /etc/kubernetes/kube-apiserver.new ${MANIFEST}; }`,
    `deadline=$((SECONDS + 120)); until curl -sk https://localhost:6443/readyz | grep -q ok && pgrep -f 'kube-apiserver.*encryption-provider-config' > /dev/null; do [ $SECONDS -lt $deadline ] || exit 1; sleep 1; done`,
  ].join("\n"));
}

const MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml";
const PROVIDERS = "/etc/kubernetes/encryption.yaml";

function providers(key: string): string {
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ aescbc: { keys: [{ name: "lab", secret: key }] } }, { identity: {} }] }],
  });
}
