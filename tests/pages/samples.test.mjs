// Every page from sample data, as the Rust tests have written it: a working day, nothing at all,
// the longest names, hostile text; both languages; at a desk and on a phone.

import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { artefacts, launch, open, sound } from "./browser.mjs";

const pages = `${artefacts}pages/`;
const assets = new URL("../../server/assets/", import.meta.url).pathname;
const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };

let browser;
let server;
let origin;

before(async () => {
  mkdirSync(`${artefacts}screenshots`, { recursive: true });
  server = createServer((request, response) => {
    const name = new URL(request.url, "http://here").pathname;
    const file = name.startsWith("/assets/") ? assets + name.slice(8) : pages + name.slice(1);
    try {
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": types[file.split(".").pop()] ?? "text/plain" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
});

// Residents' cards have rules and a test of their own.
const names = readdirSync(pages).filter((name) => name.endsWith(".html") && !name.includes("-card-")).sort();

// Records of one sample look alike; the first of each is looked at whole.
const looked = names.filter((name) => !/record-[1-9]/.test(name));

describe("sample pages", { concurrency: true }, () => {
  for (const [width, where] of [[1440, "desk"], [360, "phone"]]) {
    test(`at a width of ${width}`, async (t) => {
      assert.ok(names.length > 30, "the Rust tests have written the pages");
      const { page, seen, close } = await open(browser, { width, height: width === 360 ? 740 : 900 });
      for (const name of looked) {
        await t.test(name, () => sound(page, seen, `${origin}/${name}`, name, `${name.replace(".html", "")}.${where}`));
      }
      await close();
    });
  }
});

test("hostile text runs nothing and stays text", async () => {
  const { page, close } = await open(browser);
  page.on("dialog", () => assert.fail("a script ran"));
  for (const name of names.filter((name) => name.startsWith("hostile-"))) {
    await page.goto(`${origin}/${name}`);
    assert.equal(await page.locator("main img, main script, main b, main i").count(), 0, name);
  }
  await close();
});

test("a register prints as a form: header on each page, no margin, slashes in empty boxes", async () => {
  const { page, close } = await open(browser);
  for (const name of ["day-R1.zh", "day-R3.zh", "day-R1.en", "day-R3.en"]) {
    await page.goto(`${origin}/${name}.html`);
    await page.emulateMedia({ media: "print" });
    const shown = await page.evaluate(() => {
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      return { head: style("thead").display, margin: style("td.margin, tr.source").display, tools: style(".tools").display, blank: style("td.blank").backgroundImage };
    });
    assert.equal(shown.head, "table-header-group");
    assert.equal(shown.margin, "none");
    assert.equal(shown.tools, "none");
    assert.match(shown.blank, /linear-gradient/);
    const pdf = await page.pdf({ path: `${artefacts}screenshots/${name}.pdf`, preferCSSPageSize: true });
    assert.ok(pdf.length > 1000);
    await page.emulateMedia({ media: "screen" });
  }
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
