/** Opens Temporal's Web UI in a real browser, as an operator would. */
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Debian's package `chromium`. */
const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
// The page asks the server, and that the worker, before it shows anything: minutes on a machine that does much else.
const PATIENCE_MS = 120_000;

export interface SeenInWebUi {
  /** Text of the panel with the workflow's current details. */
  readonly details: string;
  /** Text of the history of one node's workflow. */
  readonly history: string;
}

/** What the Web UI shows of an upgrade and of one of its nodes; pictures of both go to `<pictures>-upgrade.png` and `<pictures>-node.png`. */
export async function lookAtWebUi(address: string, cluster: string, node: string, pictures: string): Promise<SeenInWebUi> {
  await mkdir(dirname(pictures), { recursive: true });
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  try {
    const page = await browser.newPage({ viewport: { width: 1680, height: 1300 } });
    page.setDefaultTimeout(PATIENCE_MS);
    const upgrade = `${address}/namespaces/default/workflows/${encodeURIComponent(`upgrade/${cluster}`)}`;
    const details = await showDetails(page, upgrade, node, `${pictures}-upgrade.png`);
    const history = await showTimeline(page, `${upgrade}${encodeURIComponent(`/${node}`)}`, `${node}: kubeadm`, `${pictures}-node.png`);
    return { details, history };
  } finally {
    await browser.close();
  }
}

/** The tab with the current details; they are Markdown, which the Web UI renders in a frame of its own. */
async function showDetails(page: Page, address: string, node: string, picture: string): Promise<string> {
  await page.goto(address);
  await page.getByText('User Metadata').first().click();
  const frame = page.frameLocator('iframe').last();
  await frame.getByText(node, { exact: true }).first().waitFor();
  await page.screenshot({ path: picture });
  return frame.locator('body').innerText();
}

async function showTimeline(page: Page, address: string, text: string, picture: string): Promise<string> {
  await page.goto(address);
  await page.getByText(text).first().waitFor();
  await page.screenshot({ path: picture });
  return page.locator('body').innerText();
}
