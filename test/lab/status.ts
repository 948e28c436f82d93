/** What is there of the lab, for a person. */
import { labFiles, readState } from "./files.ts";
import { machinesOf, stateOf } from "./hosts.ts";
import { kubectl } from "./lab.ts";
import { succeeds } from "./process.ts";

/** Prints the hosts, and the nodes and workload where the cluster answers. Exit code 1 where no complete lab is up. */
export async function printStatus(): Promise<void> {
  const state = await readState();
  if (state === undefined) {
    process.stdout.write("There is no lab. Bring one up: npm run lab -- up\n");
    process.exitCode = 1;
    return;
  }
  const { plan } = state;
  process.stdout.write(`${plan.name}: ${plan.kubernetes}, can be upgraded to ${plan.target}; API ${plan.apiEndpoint}, Service ${plan.serviceUrl}\n\n`);
  if (!(await succeeds("docker", ["version"], { timeoutMs: 10_000 }))) {
    process.stdout.write("The Docker engine does not answer; `npm run lab -- up` starts it and the hosts.\n");
    process.exitCode = 1;
    return;
  }
  for (const machine of machinesOf(plan)) {
    const line = [machine.name.padEnd(10), machine.address.padEnd(14), (await stateOf(machine.container)).padEnd(9), machine.container];
    process.stdout.write(`${line.join(" ")}\n`);
  }
  if (!state.ready) {
    process.stdout.write("\nNot complete. Finish it: npm run lab -- up\n");
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`\n${await kubectl(state, ["get", "nodes"], answerSoon)}\n`);
  process.stdout.write(`\n${await kubectl(state, ["get", "pods", "-A", "-o", "wide"], answerSoon)}\n\nSpec: ${labFiles.spec}\n`);
}

const answerSoon = { timeoutMs: 20_000 } as const;
