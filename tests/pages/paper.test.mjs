// The books on paper: the demo's day, and a register that goes over many sheets.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open } from "./browser.mjs";
import { serve } from "./gallery.mjs";
import { print } from "./paper.mjs";

const program = process.env.WARDBOOK;
const BOOKS = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R10"];
const WORDS = {
  zh: { masked: "遮盖件", proof: "校验码", software: ["来源栏", "手机时钟", "导出", "制表人"] },
  en: { masked: "Maskedcopy", proof: "Pagecode", software: ["Hidesources", "phoneclock", "Export"] },
};

let browser;
let gallery;
let station;

before(async () => {
  gallery = await serve();
  browser = await launch();
  const html = await (await fetch(`${program}/`)).text();
  station = program + html.match(/href="(\/s\/[^"?]+)/)[1];
});

after(async () => {
  await browser?.close();
  gallery?.close();
});

/** The sheets are of this size in millimetres, numbered, and nothing stands off them. */
function placed(sheets, [wide, high], name) {
  sheets.forEach(({ width, height, words, text }, at) => {
    assert.ok(Math.abs(width - wide) < 1 && Math.abs(height - high) < 1, `${name}: a sheet of ${width} by ${height} mm`);
    assert.ok(text.includes(`${at + 1}/${sheets.length}`), `${name}: sheet ${at + 1} has no number`);
    const off = words.filter(({ left, right, top, bottom }) => left < 5 || right > wide - 5 || top < 5 || bottom > high - 3);
    assert.deepEqual(off.map((word) => word.text), [], `${name}: text off sheet ${at + 1}`);
  });
}

/** What the form's header says, without blanks, as it stands on the page. */
const header = (page) => page.locator("table.register thead th:not(.margin)").allTextContents()
  .then((heads) => heads.map((head) => head.replace(/\s/g, "")));

/** A register as it must be on every sheet. */
async function register(page, name, language) {
  const heads = await header(page);
  assert.ok(heads.length > 5, `${name} has a form`);
  const empty = await page.locator("td.blank").count();
  const shown = await page.evaluate(() => [...document.querySelectorAll("td.blank")].every((cell) => getComputedStyle(cell).backgroundImage.includes("slash")));
  assert.ok(shown, `${name}: an empty box without a slash, of ${empty}`);
  const sheets = await print(page, name);
  placed(sheets, [297, 210], name);
  const words = WORDS[language];
  const all = sheets.map((sheet) => sheet.text).join("");
  sheets.forEach((sheet, at) => {
    // What is signed may have no place below the last row: then it has a sheet of its own.
    const isFoot = at > 0 && at === sheets.length - 1 && sheet.words.length < 120;
    assert.ok(isFoot || sheet.text.includes(heads.join("")), `${name}: sheet ${at + 1} has no header`);
  });
  assert.ok(all.includes(words.masked), `${name} says that it is masked`);
  assert.ok(sheets.at(-1).text.includes(words.proof), `${name} ends with its code`);
  for (const word of words.software) assert.ok(!all.includes(word), `${name} prints ${word}`);
  return sheets;
}

test("every book of the demo's day prints as its form", async (t) => {
  const { page, close } = await open(browser);
  for (const book of BOOKS) {
    for (const language of ["zh", "en"]) {
      const name = `paper-${book}.${language}`;
      await t.test(name, async () => {
        await page.goto(`${station}/books/${book}?lang=${language}`);
        await register(page, name, language);
      });
    }
  }
  await close();
});

test("a long register has its header on every sheet and parts no row", async () => {
  const { page, close } = await open(browser);
  await page.goto(`${gallery.origin}/day-R3.zh.html`);
  const rows = await page.evaluate(() => {
    const table = document.querySelector("table.register");
    const bodies = [...table.tBodies];
    for (let n = 0; n < 12; n++) bodies.forEach((body) => table.append(body.cloneNode(true)));
    [...table.tBodies].forEach((body, at) => (body.rows[0].cells[0].textContent = `行${at}始`));
    [...table.tBodies].forEach((body, at) => [...body.rows].filter((row) => !row.matches(".source")).at(-1).lastElementChild.append(` 行${at}终`));
    return table.tBodies.length;
  });
  const sheets = await register(page, "paper-long.zh", "zh");
  assert.ok(sheets.length > 2, `${rows} rows on ${sheets.length} sheets`);
  for (let at = 0; at < rows; at++) {
    const on = (mark) => sheets.findIndex((sheet) => sheet.text.includes(mark));
    assert.ok(on(`行${at}始`) >= 0, `row ${at} is printed`);
    assert.equal(on(`行${at}始`), on(`行${at}终`), `row ${at} stands on one sheet`);
  }
  await close();
});

test("an amendment prints struck, with who, when and why", async () => {
  const { page, close } = await open(browser);
  await page.goto(`${station}/books/R2?lang=zh`);
  const told = page.locator(".notes .note:has(del)").first();
  const [old, fresh, by] = await Promise.all(["del", "ins", ".by"].map((part) => told.locator(part).textContent()));
  await page.emulateMedia({ media: "print" });
  assert.match(await page.evaluate(() => getComputedStyle(document.querySelector(".register del")).textDecorationLine), /line-through/);
  await page.emulateMedia({ media: "screen" });
  const [sheet] = await print(page, "paper-amended.zh");
  for (const text of [old, fresh, by]) {
    assert.ok(text.length > 2 && sheet.text.includes(text.replace(/\s/g, "")), `the sheet says ${text}`);
  }
  await close();
});

test("a record and the metrics print upright", async () => {
  const { page, close } = await open(browser);
  await page.goto(`${station}/books/R2?lang=zh`);
  const record = new URL(await page.locator("a[href*='/records/']").first().getAttribute("href"), station).href;
  for (const [address, name] of [[record, "paper-record"], [`${station}/metrics?lang=zh`, "paper-metrics"]]) {
    await page.goto(address);
    const heading = (await page.locator("h1").textContent()).replace(/\s/g, "");
    const sheets = await print(page, name);
    placed(sheets, [210, 297], name);
    assert.ok(sheets[0].text.includes(heading), `${name} begins with ${heading}`);
  }
  await close();
});
