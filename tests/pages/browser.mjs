// Debian's browser, one page, and what must be true of whatever it shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const artefacts = new URL("../artefacts/", import.meta.url).pathname;

/** Bytes that a page may weigh with all that it loads. */
const MAX_WEIGHT = 150_000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** A fresh page that notes what goes wrong on it. */
export async function open(browser, { width = 1440, height = 900, javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, javaScriptEnabled, bypassCSP: javaScriptEnabled });
  const page = await context.newPage();
  const seen = { errors: [], hosts: new Set(), bytes: 0 };
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => seen.hosts.add(new URL(request.url()).host));
  page.on("response", async (response) => {
    try {
      seen.bytes += (await response.body()).length;
    } catch {
      // A redirect has no body.
    }
  });
  return { page, seen, close: () => context.close() };
}

/** What axe finds, in a form that says where. */
export async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(told, [], `${name}: axe`);
}

export async function fits(page, name) {
  const { wide, width, culprits } = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const culprits = [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > width + 1 && getComputedStyle(one).clipPath === "none")
      .slice(0, 5)
      .map((one) => one.outerHTML.slice(0, 120));
    return { wide: document.documentElement.scrollWidth, width, culprits };
  });
  assert.ok(wide <= width, `${name} scrolls sideways: ${wide} > ${width}: ${culprits.join(" | ")}`);
}

/** A table says what it is: every header has a scope, every row as many cells as there are headers. */
export async function headed(page, name) {
  const wrong = await page.evaluate(() =>
    [...document.querySelectorAll("table")].flatMap((table) => {
      const heads = [...table.querySelectorAll("thead th")];
      const rows = [...table.querySelectorAll("tbody tr:not(.notes)")];
      return [
        ...heads.filter((head) => head.scope !== "col" || head.textContent.trim() === "").map((head) => head.outerHTML),
        ...rows.filter((row) => row.cells.length !== heads.length).map((row) => `${row.cells.length} cells, ${heads.length} headers`),
      ];
    }),
  );
  assert.deepEqual(wrong, [], `${name}: tables`);
}

/** Everything that holds for every page. */
export async function sound(page, seen, address, name, screenshot) {
  seen.errors.length = 0;
  seen.bytes = 0;
  await page.goto(address, { waitUntil: "load" });
  if (screenshot) await page.screenshot({ path: `${artefacts}screenshots/${screenshot}.png`, fullPage: true });
  assert.notEqual(await page.title(), "", `${name} has a title`);
  await headed(page, name);
  await fits(page, name);
  await accessible(page, name);
  assert.deepEqual(seen.errors, [], `${name}: console`);
  assert.deepEqual([...seen.hosts], [new URL(address).host], `${name} asks no other host`);
  assert.ok(seen.bytes < MAX_WEIGHT, `${name} weighs ${seen.bytes} bytes`);
}
