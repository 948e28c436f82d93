/** Probes at a steady rate, each on a connection of its own, as many clients would see the cluster. */
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { parse } from "yaml";

/** A probe without an answer after this time has failed. */
export const probeTimeoutMs = 5_000;

/** A timer that is later than this tells of a busy machine and not of the cluster. */
const lateMs = 250;

export interface ProbeFailure {
  /** When the probe was sent, as an ISO string. */
  readonly sentAt: string;
  readonly afterMs: number;
  readonly reason: string;
}

export interface ProbeReport {
  readonly sent: number;
  readonly failed: number;
  readonly failures: readonly ProbeFailure[];
  /** Milliseconds that answers took, probes that failed left out. */
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

/** Sends one probe; resolves where it was answered well and rejects with the reason where not. */
export type Probe = () => Promise<void>;

/**
 * Sends probes at a fixed rate whether or not earlier ones were answered, so that a stall counts as every probe that it
 * hits and not as one.
 */
export class Prober {
  readonly #probe: Probe;
  readonly #intervalMs: number;
  readonly #failures: ProbeFailure[] = [];
  readonly #answeredMs: number[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(probe: Probe, perSecond: number) {
    this.#probe = probe;
    this.#intervalMs = 1000 / perSecond;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    let due = performance.now();
    const tick = (): void => {
      // A busy process may wake late: what is due is sent, and the rate holds.
      while (due <= performance.now()) {
        due += this.#intervalMs;
        this.#send();
      }
      this.#timer = setTimeout(tick, Math.max(0, due - performance.now()));
    };
    tick();
  }

  /** Stops sending, waits for the answers that are due, and tells what was seen. */
  async stop(): Promise<ProbeReport> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#inFlight);
    return this.report();
  }

  /** What was seen so far. */
  report(): ProbeReport {
    const sorted = this.#answeredMs.toSorted((left, right) => left - right);
    const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return {
      sent: this.#sent,
      failed: this.#failures.length,
      failures: [...this.#failures],
      median: at(0.5),
      p99: at(0.99),
      longest: at(1),
    };
  }

  #send(): void {
    this.#sent += 1;
    const sentAt = new Date().toISOString();
    const begun = performance.now();
    const probe = this.#probe().then(
      () => {
        this.#answeredMs.push(performance.now() - begun);
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#failures.push({ sentAt, afterMs: Math.round(performance.now() - begun), reason });
      },
    );
    this.#inFlight.add(probe);
    void probe.finally(() => this.#inFlight.delete(probe));
  }
}

/** A GET of a link that must answer with 200. */
export function httpProbe(url: string): Probe {
  return () => answered((onAnswer) => httpRequest(url, { agent: false, timeout: probeTimeoutMs }, onAnswer));
}

/** An authenticated GET of a ConfigMap, which takes the API server, its authorisation and etcd. */
export async function apiProbe(kubeconfigPath: string): Promise<Probe> {
  const { server, ...credentials } = readApiAccess(await readFile(kubeconfigPath, "utf8"));
  const url = `${server}/api/v1/namespaces/kube-system/configmaps/kubeadm-config`;
  return () => answered((onAnswer) => httpsRequest(url, { ...credentials, agent: false, timeout: probeTimeoutMs }, onAnswer));
}

/** An object of the API on a connection of its own. @throws Error where it is not answered with 200 in time. */
export async function getJson<T>({ server, ...credentials }: ApiAccess, path: string): Promise<T> {
  const chunks: Buffer[] = [];
  await answered((onAnswer) =>
    httpsRequest(`${server}${path}`, { ...credentials, agent: false, timeout: probeTimeoutMs }, (answer) => {
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      onAnswer(answer);
    }));
  const body: T = JSON.parse(Buffer.concat(chunks).toString());
  return body;
}

function answered(send: (onAnswer: (answer: IncomingMessage) => void) => ReturnType<typeof httpRequest>): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = send((answer) => {
      answer.on("error", reject);
      answer.on("aborted", () => {
        reject(new Error("the connection ended within the answer"));
      });
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`status ${String(answer.statusCode)}`));
      });
      answer.resume();
    });
    // The socket's own timeout counts idle time only; a probe's counts from its start.
    const due = performance.now() + probeTimeoutMs;
    let limit = setTimeout(expire, probeTimeoutMs);
    function expire(): void {
      const fail = (): void => {
        request.destroy(new Error(`no answer within ${String(probeTimeoutMs)} ms`));
      };
      // A prober that the machine itself held up looks first at what has arrived meanwhile.
      if (performance.now() - due > lateMs) limit = setTimeout(fail, lateMs);
      else fail();
    }
    request.on("close", () => {
      clearTimeout(limit);
    });
    request.on("error", reject);
    request.end();
  });
}

/** Where the API is and how to be let in. */
export interface ApiAccess {
  readonly server: string;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** Reads a kubeconfig as kubeadm writes it: one cluster, one user, everything inside the file. */
export function readApiAccess(text: string): ApiAccess {
  const config: Kubeconfig = parse(text);
  const cluster = config.clusters[0]?.cluster ?? {};
  const user = config.users[0]?.user ?? {};
  const field = (record: Readonly<Record<string, string>>, name: string): string => {
    const value = record[name];
    if (value === undefined) throw new Error(`The kubeconfig has no ${name}.`);
    return value;
  };
  return {
    server: field(cluster, "server"),
    ca: Buffer.from(field(cluster, "certificate-authority-data"), "base64"),
    cert: Buffer.from(field(user, "client-certificate-data"), "base64"),
    key: Buffer.from(field(user, "client-key-data"), "base64"),
  };
}
