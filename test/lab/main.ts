/** Command line of the lab: `npm run lab -- up | status | ssh | down | upgrade-by-hand`. */
import { Command, InvalidArgumentError, Option } from "commander";
import { loadLab, openSsh } from "./lab.ts";
import { defaultOptions } from "./plan.ts";
import { say } from "./progress.ts";
import { printStatus } from "./status.ts";
import { down, up } from "./up.ts";
import { upgradeByHand } from "./upgrade-by-hand.ts";
import { aboutVariants, labVariants } from "./variants.ts";
import type { LabVariant } from "./variants.ts";

const program = new Command("lab").description("A real kubeadm cluster on this machine.").showHelpAfterError();

program
  .command("up")
  .description("bring the lab up, or finish what an interrupted run began")
  .option("--control-planes <count>", "control-plane nodes, each with an etcd member", wholeNumber, defaultOptions.controlPlanes)
  .option("--workers <count>", "worker nodes", wholeNumber, defaultOptions.workers)
  .option("--kubernetes <version>", "version that the cluster starts at", defaultOptions.kubernetes)
  .option("--target <version>", "version that it can be upgraded to", defaultOptions.target)
  .option("--subnet <numbers>", "first three numbers of the hosts' network", defaultOptions.subnet)
  .option("--name <name>", "name of the network, prefix of the containers", defaultOptions.name)
  .addOption(new Option("--variant <names...>", "in what the cluster differs from a plain one").choices(labVariants).default([]))
  .addHelpText("after", `\nVariants:\n${labVariants.map((name) => `  ${name.padEnd(16)} ${aboutVariants[name]}`).join("\n")}`)
  .action(async ({ variant, ...options }: { controlPlanes: number; workers: number; kubernetes: string; target: string; subnet: string; name: string; variant: LabVariant[] }) => {
    await up({ ...options, variants: variant });
  });

program.command("status").description("hosts, nodes and workload").action(printStatus);

program
  .command("ssh")
  .description("open a shell on a host through the bastion, or run a command there")
  .argument("<node>", "cp1, w1, bastion, …")
  .argument("[command...]", "after --")
  .action(async (node: string, command: string[]) => {
    process.exitCode = await openSsh(await loadLab(), node, command);
  });

program
  .command("down")
  .description("remove every container, volume and network of the lab, and .lab; the cache stays, and so does dockerd")
  .option("--name <name>", "a lab that .lab does not describe")
  .action(async (options: { name?: string }) => {
    await down(options.name);
  });

program
  .command("upgrade-by-hand")
  .description("upgrade the lab as kubeadm's documentation tells a person to, and print what it took as JSON")
  .action(async () => {
    process.stdout.write(`${JSON.stringify(await upgradeByHand(await loadLab()), null, 2)}\n`);
  });

process.on("SIGINT", () => {
  say("Interrupted. The same command goes on from here.");
  process.exit(130);
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${messageOf(error.cause)}`;
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("give a whole number");
}
