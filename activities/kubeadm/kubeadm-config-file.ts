import { stringify } from 'yaml';
import type { KubeadmSpec } from '../../workflows/domain/spec.ts';
import { parseVersion } from '../../workflows/domain/version.ts';
import { hostOf } from '../durable-step.ts';
import type { DurableInput } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import type { PlannedKubeadm } from '../../workflows/domain/step.ts';
import { readPlanned } from '../plan/planned-files.ts';
import { recordFolder } from '../packages/package-step.ts';
import { readYaml } from '../read-yaml.ts';
import { stepError } from '../step-error.ts';
import { prereleaseKind } from './kubeadm-arguments.ts';
import type { KubeadmFiles } from './kubeadm-arguments.ts';
import { uploadPatches } from './patches/upload-patches.ts';

const PATH = 'spec.kubeadm.componentConfigs.file';
/** kubeadm of this minor and later reads an UpgradeConfiguration from `--config`, and passes over every other document. */
const FIRST_MINOR_WITH_UPGRADE_CONFIGURATION = 31;
/** What kubeadm would take from the file in place of what the cluster has. */
const REFUSED_KINDS = ['ClusterConfiguration', 'InitConfiguration', 'JoinConfiguration'];

type Document = Readonly<Record<string, unknown>>;

interface ConfigInput extends DurableInput {
  readonly node: DurableInput['node'] & { readonly to: string };
  readonly kubeadm: PlannedKubeadm;
}

/**
 * Puts the patches and the file of `spec.kubeadm.componentConfigs` on the node, and says where they are there.
 * They are read where the worker runs. Failures: FileMissing, FileMoved, SpecInvalid and those of `Hosts`.
 */
export async function uploadKubeadmFiles(hosts: Hosts, input: ConfigInput, force: boolean): Promise<KubeadmFiles> {
  const patches = await uploadPatches(hosts, input);
  return { config: await uploadKubeadmConfig(hosts, input, patches, force), patches };
}

async function uploadKubeadmConfig(hosts: Hosts, input: ConfigInput, patches: string | null, force: boolean): Promise<string | null> {
  const planned = input.kubeadm.files.find(({ what }) => what === 'component-configs');
  if (planned === undefined) return null;
  const text = await readPlanned(planned);
  const path = `${recordFolder(input)}/kubeadm-config.yaml`;
  await hosts.upload(hostOf(input.node), path, Buffer.from(renderKubeadmConfig(text, planned.path, { version: input.node.to, kubeadm: input.kubeadm, patches, force })));
  return path;
}

export interface ConfigOptions {
  readonly version: string;
  readonly kubeadm: KubeadmSpec;
  /** Folder of patches on the node; null where the spec gives none. */
  readonly patches: string | null;
  readonly force: boolean;
}

/**
 * The file as kubeadm of the version takes it, with the spec's own options in it: no flag is allowed beside `--config`.
 *
 * @throws SpecInvalid where the file is no YAML, would replace the cluster's configuration, names patches of its own beside the spec's, or only pretends to upgrade.
 */
export function renderKubeadmConfig(text: string, source: string, options: ConfigOptions): string {
  const documents = readDocuments(text, source);
  const refused = documents.find((document) => REFUSED_KINDS.includes(String(document['kind'])));
  if (refused !== undefined) {
    throw invalid(source, `it holds a ${String(refused['kind'])}: an upgrade keeps the configuration that the cluster has`, 'Take that document out of the file; change the ConfigMap kubeadm-config where the cluster itself is to change.');
  }
  if ((parseVersion(options.version)?.minor ?? 0) < FIRST_MINOR_WITH_UPGRADE_CONFIGURATION) return asItIs(text, source, options);
  const own = documents.find((document) => document['kind'] === 'UpgradeConfiguration') ?? { apiVersion: 'kubeadm.k8s.io/v1beta4', kind: 'UpgradeConfiguration' };
  const others = documents.filter((document) => document['kind'] !== 'UpgradeConfiguration');
  return [upgradeConfiguration(own, source, options), ...others].map((document) => stringify(document)).join('---\n');
}

function upgradeConfiguration(own: Document, source: string, { version, kubeadm, patches, force }: ConfigOptions): Document {
  const apply = section(own, 'apply');
  const node = section(own, 'node');
  if (apply['dryRun'] === true || node['dryRun'] === true) throw invalid(source, 'it asks for a dry run, which upgrades nothing', 'Remove dryRun from the file.');
  if (patches !== null && [apply, node].some((part) => 'patches' in part)) throw invalid(source, 'it names patches of its own beside spec.kubeadm.patches', 'Take patches out of the file, and put its files into the folder that the spec names.');
  const renew = (part: Document): Document => ({
    ...part,
    certificateRenewal: kubeadm.certificateRenewal && part['certificateRenewal'] !== false,
    ...(patches === null ? {} : { patches: { directory: patches } }),
  });
  const kind = prereleaseKind(version);
  return {
    ...own,
    apply: {
      ...renew(apply),
      ...(force ? { forceUpgrade: true } : {}),
      ...(kind === 'release-candidate' ? { allowRCUpgrades: true } : {}),
      ...(kind === 'experimental' ? { allowExperimentalUpgrades: true } : {}),
    },
    node: renew(node),
  };
}

/** Before v1.31 kubeadm takes component configs from the file, and knows no document that carries its options. */
function asItIs(text: string, source: string, { kubeadm, patches, force }: ConfigOptions): string {
  if (kubeadm.certificateRenewal && patches === null && !force) return text;
  throw invalid(source, 'kubeadm before v1.31 takes neither --certificate-renewal=false nor --patches nor --force beside a file', 'Leave the file or the option away.');
}

function readDocuments(text: string, source: string): readonly Document[] {
  const read = readYaml(text);
  if (!read.ok) throw invalid(source, read.problem, 'Correct the file.');
  return read.values.map((value): Document => {
    if (!isDocument(value) || typeof value['kind'] !== 'string') throw invalid(source, 'a document of it has no kind', 'Give every document its apiVersion and kind.');
    return value;
  });
}

function section(document: Document, name: string): Document {
  const value = document[name];
  return isDocument(value) ? value : {};
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(source: string, cause: string, next: string): Error {
  return stepError('SpecInvalid', `${PATH}: ${source}: ${cause}`, next);
}
