/** Why a command failed, in words for its operator, and what to do. */
export interface OutputCause {
  /** Ends a sentence; no full stop. */
  readonly cause: string;
  readonly next: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly explain: (...groups: readonly string[]) => OutputCause;
}

/** What a program says may be long; what is quoted of it is cut here. */
const LONGEST_QUOTE = 200;

/** The first that fits counts: what is the cause of others stands before them. Words of apt, dpkg, dnf, kubeadm and the C library. */
const RULES: readonly Rule[] = [
  {
    pattern: /No space left on device|You don't have enough free space in (\S+?)\.?$|At least \S+ more space needed on the (\S+) filesystem/m,
    explain: (apt = '', dnf = '') => ({
      cause: `no room is left on the disk${apt + dnf === '' ? '' : ` (${apt}${dnf})`}`, next: 'Free room: `df -h` and `du -x /var` on the host show where it went.',
    }),
  },
  {
    pattern: /^E: Could not get lock (\S+?)\.? It is held by process (\d+) \(([^)]*)\)/m,
    explain: (lock = '', id = '', program = '') => ({ cause: `${program} (process ${id}) holds the lock of the package manager, ${lock}`, next: `Wait until ${program} has ended, or stop it.` }),
  },
  {
    pattern: /dpkg was interrupted, you must manually run/,
    explain: () => ({ cause: 'dpkg was interrupted before and left packages half configured', next: 'Run `dpkg --configure -a` on the host and read what it says.' }),
  },
  {
    pattern: /(?:dpkg: error processing (?:archive|package) (\S+)|dpkg-deb: error: '?(\S+?)'? is not)/,
    explain: (processed = '', read = '') => ({
      cause: `dpkg cannot install ${processed}${read}`, next: 'Its own words stand below; a damaged file in /var/cache/apt/archives has to be removed (`apt-get clean`).',
    }),
  },
  {
    pattern: /dpkg-deb[^:\n]*: decompressing archive[^\n]*: ([^:\n]+)$/m,
    explain: (words = '') => ({ cause: `the file of a package is damaged: ${words}`, next: 'Remove it with `apt-get clean` on the host, so that it is fetched again.' }),
  },
  {
    pattern: /NO_PUBKEY (\S+)|The repository '([^']*)' is not signed|(GPG check FAILED)/,
    explain: (key = '', repository = '', dnf = '') => ({
      cause: `the packages cannot be verified: ${key === '' ? `${repository}${dnf}` : `the key ${key} is not known to this host`}`, next: 'Install the key of the repository; pkgs.k8s.io signs each minor with the same one.',
    }),
  },
  {
    pattern: /^(?:E: (?:Unable to locate package (\S+)|Version '([^']*)' for '([^']*)' was not found)|.*(?:No match for argument|Unable to find a match): (\S+))/m,
    explain: (unknown = '', version = '', name = '', dnf = '') => ({
      cause: `the repository of this host has no package ${version === '' ? `${unknown}${dnf}` : `${name} ${version}`}`, next: 'Look at spec.target.version and spec.packages.repository, and at the sources of the host.',
    }),
  },
  {
    pattern: /^(?:E: Failed to fetch (\S+)|.*Failed to download metadata for repo '([^']*)'|.*Cannot download (\S+):)/m,
    explain: (apt = '', repository = '', file = '') => ({ cause: `${apt}${repository}${file} cannot be fetched`, next: 'See whether the host reaches the repository: proxy, DNS, firewall.' }),
  },
  {
    pattern: /static Pod hash for component (\S+) on Node (\S+) did not change/,
    explain: (component = '') => ({
      cause: `${component} did not start with its new manifest within the five minutes that kubeadm waits, and kubeadm put the former manifests back`,
      next: `See \`crictl ps -a --name ${component}\`, its logs, and the journal of the unit kubelet on the host.`,
    }),
  },
  {
    pattern: /\[ERROR (\w+)\]: ?(.*)/,
    explain: (check = '', words = '') => ({
      cause: `kubeadm's check ${check} fails: ${words}`, next: `Mend what it names; where it may be passed over, spec.kubeadm.ignorePreflightErrors takes ${check} in a new start.`,
    }),
  },
  {
    pattern: /[Ff]ailed to pull image "?([^":]+(?::[^"\s:]+)?)"?/,
    explain: (image = '') => ({ cause: `the image ${image} cannot be pulled`, next: 'Let the host reach its registry, or import the image.' }),
  },
];

/** The cause that an output tells, as far as its words are known; null where they are not. */
export function causeOf(output: string): OutputCause | null {
  for (const { pattern, explain } of RULES) {
    const match = pattern.exec(output);
    if (match !== null) return explain(...match.slice(1).map((group: string | undefined) => (group ?? '').trim().slice(0, LONGEST_QUOTE)));
  }
  return null;
}
