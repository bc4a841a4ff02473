// What must be true of every page, whatever it shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { artefacts } from "./browser.mjs";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Bytes that a page of the console may weigh with all that it loads. */
const MAX_WEIGHT = 150_000;

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

/** A page speaks one language: what people wrote stands in `bdi`, the rest is ours. */
export async function spoken(page, name) {
  const foreign = await page.evaluate(() => {
    const pattern = document.documentElement.lang === "en" ? /[\u3000-\u9fff\uff00-\uffef]/ : /[a-z]{2,}[ ,]+[a-z]{2,}/i;
    const ours = /JSON Lines|wardbook [a-z -]+/g;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.replace(ours, "");
      if (pattern.test(text) && !walker.currentNode.parentElement.closest("bdi, .language, style, option")) found.push(text.trim().slice(0, 80));
    }
    return found;
  });
  assert.deepEqual(foreign, [], `${name}: words of another language`);
}

/** Everything that holds for every page; gives its weight. `isOurs` is false where a test puts a
 *  stranger's words in the place of ours. */
export async function sound(page, seen, address, name, { screenshot = name, most = MAX_WEIGHT, isOurs = true } = {}) {
  seen.errors.length = 0;
  seen.loaded.length = 0;
  await page.goto(address, { waitUntil: "load" });
  const sizes = await Promise.all(seen.loaded);
  const weight = sizes.reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(weight > 1000 && weight < most, `${name} weighs ${weight} bytes, and may weigh ${most}`);
  await page.screenshot({ path: `${artefacts}screenshots/${screenshot}.png`, fullPage: true });
  assert.notEqual(await page.title(), "", `${name} has a title`);
  if (isOurs) await spoken(page, name);
  await headed(page, name);
  await fits(page, name);
  await accessible(page, name);
  assert.deepEqual(seen.errors, [], `${name}: console`);
  assert.deepEqual([...seen.hosts], [new URL(address).host], `${name} asks no other host`);
  return weight;
}

/** Text of strangers is shown and not obeyed. */
export async function harmless(page, addresses, forbidden) {
  page.on("dialog", () => assert.fail("a script ran"));
  assert.ok(addresses.length > 0);
  for (const address of addresses) {
    await page.goto(address);
    assert.equal(await page.locator(forbidden).count(), 0, address);
  }
}
