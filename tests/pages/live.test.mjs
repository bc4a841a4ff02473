// The running program, with the books that it has made itself.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { WIDTHS, launch, open } from "./browser.mjs";
import { sound } from "./judge.mjs";

const origin = process.env.WARDBOOK;
assert.ok(origin, "WARDBOOK says where the console is; tests/pages/run sets it");

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Pages that links lead to from the first one, and some records of each list. */
async function reachable(page) {
  const found = new Set(["/"]);
  for (const path of found) {
    await page.goto(origin + path);
    const links = await page.evaluate(() => [...document.querySelectorAll("a[href]:not([download])")].map((link) => link.getAttribute("href")).filter((href) => !/[?&](lang|margin|page|day|month|only|since|kind|officer)=/.test(href)));
    const records = links.filter((link) => link.includes("/records/")).slice(0, 2);
    const others = links.filter((link) => link.startsWith("/") && !link.includes("/records/"));
    [...others, ...records].forEach((link) => found.size < 30 && found.add(link));
  }
  return [...found];
}

test("every page that can be reached is sound, in both languages, at a desk and on a phone", async (t) => {
  for (const [width, where] of WIDTHS) {
    const { page, seen, close } = await open(browser, { width });
    const paths = await reachable(page);
    assert.ok(paths.some((path) => path.includes("/books/R3")), "the books are linked");
    for (const path of paths) {
      for (const lang of ["zh", "en"]) {
        const name = `live${path.replace(/\W+/g, "-")}.${lang}.${where}`;
        await t.test(name, () => sound(page, seen, `${origin}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`, name));
      }
    }
    await close();
  }
});

test("the language is chosen by the address, then by the browser, and stays in links", async () => {
  const english = await fetch(`${origin}/`, { headers: { "accept-language": "en" } });
  assert.match(await english.text(), /<html lang="en">/);
  const chinese = await fetch(`${origin}/?lang=zh`, { headers: { "accept-language": "en" } });
  const html = await chinese.text();
  assert.match(html, /<html lang="zh-CN">/);
  assert.match(html, /href="\/s\/[^"]*lang=zh"/);
});

test("a browser is told what it may not do, and a page works under it without a script", async () => {
  const answer = await fetch(`${origin}/`);
  const policy = answer.headers.get("content-security-policy");
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), part);
  }
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(`${origin}/?lang=en`);
  await page.locator("main a").first().click();
  await page.locator("a[href*='/books/']").first().click();
  assert.match(page.url(), /\/books\//);
  await page.fill("#q", "no such text");
  await page.click(".search button");
  assert.match(page.url(), /\/records\?lang=en&q=no\+such\+text/);
  assert.match(await page.locator("main").textContent(), /Nothing found/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("the morning page and the limits name the register number of what is due", async () => {
  const html = await (await fetch(`${origin}/`)).text();
  const station = html.match(/href="(\/s\/[^"?]+)/)[1];
  for (const path of ["", "/limits"]) {
    const page = await (await fetch(`${origin}${station}${path}?lang=zh`)).text();
    assert.match(page, /class="list limits"[^]*〔\d{4}〕第\d{4}号/, path);
  }
});

test("a book is exported as CSV, JSON Lines and a spreadsheet, masked", async () => {
  const html = await (await fetch(`${origin}/`)).text();
  const station = html.match(/href="(\/s\/[^"?]+)/)[1];
  const csv = await fetch(`${origin}${station}/books/R3.csv`);
  assert.match(csv.headers.get("content-type"), /text\/csv/);
  assert.match(csv.headers.get("content-disposition"), /R3-masked\.csv/);
  const bytes = new Uint8Array(await csv.arrayBuffer());
  assert.deepEqual([...bytes.slice(0, 3)], [0xef, 0xbb, 0xbf]);
  const lines = (await (await fetch(`${origin}${station}/books/R3.jsonl`)).text()).split("\n").filter(Boolean);
  lines.forEach((line) => JSON.parse(line));
  const sheet = await fetch(`${origin}${station}/books/R3.xlsx`);
  assert.match(sheet.headers.get("content-disposition"), /R3-masked\.xlsx/);
  assert.deepEqual([...new Uint8Array(await sheet.arrayBuffer()).slice(0, 2)], [0x50, 0x4b]);
});

test("records are found by words, days and numbers, and a hostile search is answered", async () => {
  const html = await (await fetch(`${origin}/`)).text();
  const station = html.match(/href="(\/s\/[^"?]+)/)[1];
  const all = await (await fetch(`${origin}${station}/records?lang=en`)).text();
  const [, title] = all.match(/data-open href="[^"]*"><bdi>([^<]{2,})<\/bdi>/);
  const asked = encodeURIComponent(title.slice(0, 6));
  const found = await (await fetch(`${origin}${station}/records?q=${asked}`)).text();
  assert.ok(found.includes(title), "a record is found by the beginning of its title");
  for (const q of ["%", "_", "'; DROP TABLE line", "\u0000", "字".repeat(1_000), "a".repeat(10_000), "%E2%80"]) {
    const answer = await fetch(`${origin}${station}/records?q=${q.startsWith("%E2") ? q : encodeURIComponent(q)}`);
    assert.equal(answer.status, 200, q.slice(0, 10));
  }
});

test("odd days, numbers and pages of a book are answered with a sentence", async () => {
  const html = await (await fetch(`${origin}/`)).text();
  const station = html.match(/href="(\/s\/[^"?]+)/)[1];
  for (const [ask, says] of [
    ["R1?day=9999-12-31", "当日没有记录"],
    ["R1?day=1900-01-01", "当日没有记录"],
    ["R1?day=2026-02-30", "不是日期"],
    [`R1?day=${"9".repeat(5_000)}`, "不是日期"],
    ["R3?number=99999999999999999999999", "本册没有登记号"],
    ["R3?number=999999", "本册没有登记号"],
    ["R3?page=999999999999", "第"],
  ]) {
    const answer = await fetch(`${origin}${station}/books/${ask}${ask.includes("?") ? "&" : "?"}lang=zh`);
    assert.equal(answer.status, 200, ask);
    assert.ok((await answer.text()).includes(says), ask);
  }
});

test("what is not there says so, and says what to do", async () => {
  const { page, close } = await open(browser);
  for (const path of ["/nowhere", "/s/NOBODY", "/s/NOBODY/books/R1", "/s/S00/books/R99", "/s/S00/records/0", "/s/S00/records/00000000000080008000000000000000"]) {
    const answer = await page.goto(`${origin}${path}?lang=en`);
    assert.equal(answer.status(), 404, path);
    assert.match(answer.headers()["content-type"], /text\/html/);
    assert.ok((await page.locator("h1").textContent()).length > 0);
  }
  const tool = await fetch(`${origin}/nowhere`, { headers: { accept: "application/json" } });
  assert.match(tool.headers.get("content-type"), /application\/problem\+json/);
  await close();
});
