// The contact card as a resident meets it: on an old phone without scripts, at a desk, on paper.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { WIDTHS, artefacts, launch, open } from "./browser.mjs";
import { drawn, serve } from "./gallery.mjs";
import { harmless, sound } from "./judge.mjs";

const screenshots = `${artefacts}screenshots/`;
const names = drawn.filter((name) => name.includes("-card-"));
const paper = /-card-(sheet|notice)\./;

/** Bytes of a resident's page without its photo. */
const MAX_WEIGHT = 50_000;

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

describe("cards from samples", () => {
  for (const [width, where] of WIDTHS) {
    test(`at a width of ${width}`, async (t) => {
      assert.ok(names.length > 50, "the Rust tests have written the cards");
      const { page, seen, close } = await open(browser, { width });
      for (const name of names.filter((name) => !paper.test(name))) {
        await t.test(name, async () => {
          await sound(page, seen, `${origin}/${name}`, name, { screenshot: `${name.replace(".html", "")}.${where}`, most: MAX_WEIGHT });
          assert.equal(await page.locator("script").count(), 0, `${name} has a script`);
          const { size, targets } = await page.evaluate(() => ({
            size: parseFloat(getComputedStyle(document.body).fontSize),
            targets: [...document.querySelectorAll(".call a, .language a")].map((link) => link.getBoundingClientRect().height),
          }));
          assert.ok(size >= 20, `${name} is set in ${size} px`);
          assert.ok(targets.length > 1 && targets.every((height) => height >= 44), `${name}: targets of ${targets} px`);
        });
      }
      await close();
    });
  }
});

test("hostile text runs nothing and stays text", async () => {
  const { page, close } = await open(browser);
  const hostile = names.filter((name) => name.startsWith("hostile-"));
  await harmless(page, hostile.map((name) => `${origin}/${name}`), "img, script");
  await close();
});

test("a card is one A6 sheet and a notice one A4 page, with a code that stays square", async () => {
  const { page, close } = await open(browser);
  for (const name of names.filter((name) => paper.test(name))) {
    await page.goto(`${origin}/${name}`);
    await page.emulateMedia({ media: "print" });
    const pdf = await page.pdf({ path: `${screenshots}${name.replace(".html", "")}.pdf`, preferCSSPageSize: true });
    const text = pdf.toString("latin1");
    const sheets = text.match(/\/Type\s*\/Page[^s]/g).length;
    const [, width, height] = text.match(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/).map(Number);
    const [wide, high] = name.includes("sheet") ? [148, 105] : [210, 297];
    assert.ok(Math.abs(width - (wide / 25.4) * 72) < 2 && Math.abs(height - (high / 25.4) * 72) < 2, `${name}: ${width} by ${height}`);
    if (name.startsWith("day-")) assert.equal(sheets, 1, `${name} takes ${sheets} sheets`);
    const box = await page.locator("svg").boundingBox();
    assert.ok(Math.abs(box.width - box.height) < 1 && box.width > 100, `${name}: a code of ${box.width} by ${box.height}`);
    await page.emulateMedia({ media: "screen" });
  }
  await close();
});

test("the running program answers a scan without a script, a log-in or a cookie", async () => {
  const address = `${process.env.WARDBOOK}/c/${process.env.CARD}`;
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  const answer = await page.goto(`${address}?lang=zh`);
  assert.equal(answer.status(), 200);
  assert.equal(await page.locator(".call a").first().getAttribute("href"), "tel:02164000001");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "20px", "the policy lets the style through");
  await page.screenshot({ path: `${screenshots}live-card.zh.phone.png`, fullPage: true });
  await page.click(".language a");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.click(".print a >> nth=1");
  assert.match(page.url(), /print=card/);
  assert.equal(await page.locator("svg[role=img]").count(), 1);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(errors, []);
  const unknown = await page.goto(`${process.env.WARDBOOK}/c/0000-0000`);
  assert.equal(unknown.status(), 404);
  assert.equal(await page.locator("a[href='tel:12345']").count(), 1);
  await context.close();
});
