// A page on paper: printed, and read back word by word with where each stands.

import { execFileSync } from "node:child_process";
import { artefacts } from "./browser.mjs";

const MILLIMETRE = 72 / 25.4;

/** Prints what the page shows; gives its sheets, with sizes and places in millimetres, and words
 *  in the order in which they are drawn: a cell after the other. */
export async function print(page, name) {
  const path = `${artefacts}screenshots/${name}.pdf`;
  await page.emulateMedia({ media: "print" });
  await page.pdf({ path, preferCSSPageSize: true });
  await page.emulateMedia({ media: "screen" });
  const told = execFileSync("pdftotext", ["-raw", "-bbox", path, "-"], { encoding: "utf8", maxBuffer: 1 << 26 });
  return told.split("<page ").slice(1).map((sheet) => {
    const words = [...sheet.matchAll(/<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)</g)];
    const [, width, height] = sheet.match(/width="([\d.]+)" height="([\d.]+)"/);
    return {
      width: width / MILLIMETRE,
      height: height / MILLIMETRE,
      words: words.map(([, left, top, right, bottom, text]) => ({
        left: left / MILLIMETRE,
        top: top / MILLIMETRE,
        right: right / MILLIMETRE,
        bottom: bottom / MILLIMETRE,
        text,
      })),
      /** All that stands on the sheet without blanks: a narrow column breaks anywhere. */
      text: words.map((word) => word[5]).join("").replace(/\s/g, ""),
    };
  });
}
