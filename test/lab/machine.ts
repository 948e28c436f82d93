/** What the machine must offer: tools, a Docker engine, kernel limits. */
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheFolder } from "./cache.ts";
import { run, succeeds } from "./process.ts";
import { say } from "./progress.ts";
import type { PackageFormat } from "./versions.ts";

interface Tool {
  readonly command: string;
  readonly purpose: string;
  readonly install: string;
}

const tools: readonly Tool[] = [
  { command: "docker", purpose: "runs the hosts", install: "apt-get install docker.io" },
  { command: "go", purpose: "builds Kubernetes, etcd and CoreDNS", install: "install Go 1.26 or newer from your distribution or go.dev, and put it on PATH" },
  { command: "dpkg-deb", purpose: "builds the packages", install: "apt-get install dpkg" },
  { command: "dpkg-scanpackages", purpose: "builds the package repositories", install: "apt-get install dpkg-dev" },
  { command: "gcc", purpose: "builds the pause image", install: "apt-get install gcc libc6-dev" },
  { command: "ssh-keygen", purpose: "makes the key of the lab's user", install: "apt-get install openssh-client" },
];

const rpmTools: readonly Tool[] = [
  { command: "rpmbuild", purpose: "builds the RPM packages", install: "apt-get install rpm" },
  { command: "createrepo_c", purpose: "builds their repositories", install: "apt-get install createrepo-c" },
];

const debootstrap: Tool = {
  command: "debootstrap",
  purpose: "builds the hosts' file system where no image can be pulled",
  install: "apt-get install debootstrap",
};

/**
 * Checks that every tool is there.
 *
 * @throws Error that names each missing tool with the command that installs it.
 */
export function requireTools(format: PackageFormat): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`The lab runs on Linux on x86-64, not on ${process.platform} on ${process.arch}.`);
  }
  requireAll(format === "rpm" ? [...tools, ...rpmTools] : tools);
}

/**
 * Checks what building Debian from its packages takes.
 *
 * @param image - the image that could not be pulled.
 * @throws Error that names the tool or the right that is missing.
 */
export function requireBootstrap(image: string): void {
  requireAll([debootstrap]);
  if (process.getuid?.() === 0) return;
  throw new Error(`${image} cannot be pulled, and only root can build it: run this once as root, or docker pull ${image}`);
}

function requireAll(wanted: readonly Tool[]): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const missing = wanted.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool.command))));
  if (missing.length === 0) return;
  const lines = missing.map((tool) => `  ${tool.command} (${tool.purpose}): ${tool.install}`);
  throw new Error(`This machine lacks what the lab needs:\n${lines.join("\n")}`);
}

/** Where the engine that `requireEngine` starts writes its log. */
export function engineLog(): string {
  return join(cacheFolder(), "dockerd.log");
}

/**
 * Makes sure that a Docker engine answers. Where none does and no service manager runs that could start it, `dockerd`
 * is started with its default folders and left running, as a service manager would leave it.
 *
 * @throws Error with the command to type where the engine cannot be started from here.
 */
export async function requireEngine(): Promise<void> {
  if (await engineAnswers()) return;
  if (existsSync("/run/systemd/system")) {
    throw new Error("The Docker engine does not answer. Start it: systemctl start docker (and make sure that you may use it).");
  }
  if (process.getuid?.() !== 0 || !(await succeeds("dockerd", ["--version"]))) {
    throw new Error("The Docker engine does not answer, and dockerd cannot be started from here: install it (apt-get install docker.io) and start dockerd as root.");
  }
  await mkdir(cacheFolder(), { recursive: true });
  const log = openSync(engineLog(), "a");
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
  say(`dockerd started, its log is ${engineLog()}`);
  const deadline = Date.now() + engineStartMs;
  while (!(await engineAnswers())) {
    if (Date.now() > deadline) throw new Error(`dockerd was started but does not answer; its log: ${engineLog()}`);
    await delay(500);
  }
}

const engineStartMs = 60_000;

function engineAnswers(): Promise<boolean> {
  return succeeds("docker", ["version", "--format", "{{.Server.Version}}"], { timeoutMs: 10_000 });
}

const inotifyInstances = "/proc/sys/fs/inotify/max_user_instances";
const leastInotifyInstances = 1024;

/**
 * Raises the number of inotify instances, which all hosts share: systemd, containerd and the kubelet take some each.
 *
 * @throws Error with the command to type where it may not be changed from here.
 */
export async function requireKernelLimits(): Promise<void> {
  const current = Number(await readFile(inotifyInstances, "utf8"));
  if (current >= leastInotifyInstances) return;
  try {
    await writeFile(inotifyInstances, String(leastInotifyInstances));
  } catch {
    throw new Error(`The kernel allows ${String(current)} inotify instances, five hosts need more: sudo sysctl fs.inotify.max_user_instances=${String(leastInotifyInstances)}`);
  }
}

/** Flags that give a container what systemd and containerd need inside it. */
export async function privilegeFlags(image: string): Promise<readonly string[]> {
  const privileged = ["--privileged"];
  if (await succeeds("docker", ["run", "--rm", ...privileged, "--entrypoint", "/bin/true", image])) return privileged;
  // Without CAP_SYS_RESOURCE on the machine no container can be given it, and --privileged asks for it.
  const fallback = [
    "--cap-add", "ALL",
    "--cap-drop", "SYS_RESOURCE",
    "--security-opt", "seccomp=unconfined",
    "--security-opt", "systempaths=unconfined",
    "--device-cgroup-rule", "a *:* rwm",
    "--device", "/dev/kmsg",
  ];
  await run("docker", ["run", "--rm", ...fallback, "--entrypoint", "/bin/true", image]);
  return fallback;
}
