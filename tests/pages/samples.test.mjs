// Every page from sample data, as the Rust tests have written it: a working day, nothing at all,
// the longest names, hostile text; both languages; at a desk and on a phone.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { WIDTHS, launch, open } from "./browser.mjs";
import { drawn, serve } from "./gallery.mjs";
import { harmless, sound } from "./judge.mjs";

let browser;
let gallery;
let origin;

before(async () => {
  gallery = await serve();
  origin = gallery.origin;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  gallery?.close();
});

// Residents' cards have rules and a test of their own.
const names = drawn.filter((name) => !name.includes("-card-"));

// Records of one sample look alike; the first of each is looked at whole.
const looked = names.filter((name) => !/record-[1-9]/.test(name));

describe("sample pages", { concurrency: true }, () => {
  for (const [width, where] of WIDTHS) {
    test(`at a width of ${width}`, async (t) => {
      assert.ok(names.length > 30, "the Rust tests have written the pages");
      const { page, seen, close } = await open(browser, { width });
      for (const name of looked) {
        await t.test(name, () => sound(page, seen, `${origin}/${name}`, name, {
          screenshot: `${name.replace(".html", "")}.${where}`,
          isOurs: !name.startsWith("hostile-problem"),
        }));
      }
      await close();
    });
  }
});

test("hostile text runs nothing and stays text", async () => {
  const { page, close } = await open(browser);
  const hostile = names.filter((name) => name.startsWith("hostile-"));
  await harmless(page, hostile.map((name) => `${origin}/${name}`), "main img, main script, main b, main i");
  await close();
});

test("the keyboard walks rows, opens one, searches, and shows its keys", async () => {
  const { page, close } = await open(browser);
  await page.goto(`${origin}/day-R3.zh.html`);
  const row = () => page.evaluate(() => [...document.querySelectorAll("[data-row]")].indexOf(document.activeElement));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await row(), 1);
  await page.keyboard.press("k");
  assert.equal(await row(), 0);
  await page.keyboard.press("?");
  assert.ok(await page.locator("#keys").evaluate((keys) => keys.open));
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.keyboard.type("jk?");
  assert.equal(await page.inputValue("#q"), "jk?");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await Promise.all([page.waitForURL("**/records/*"), page.keyboard.press("Enter")]);
  await page.goto(`${origin}/day-R3.zh.html`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await close();
});
