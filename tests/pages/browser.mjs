// Debian's browser and a page in it.

import { chromium } from "playwright-core";

export const artefacts = new URL("../artefacts/", import.meta.url).pathname;

/** A desk and an old phone. */
export const WIDTHS = [[1440, "desk"], [360, "phone"]];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** A fresh page that notes what goes wrong on it and what it weighs. */
export async function open(browser, { width = 1440, height = width === 360 ? 740 : 900, javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, javaScriptEnabled, bypassCSP: javaScriptEnabled });
  const page = await context.newPage();
  const seen = { errors: [], hosts: new Set(), loaded: [] };
  page.on("console", (message) => {
    if (message.type() === "error") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => seen.hosts.add(new URL(request.url()).host));
  // A redirect has no body.
  page.on("response", (response) => seen.loaded.push(response.body().then((body) => body.length, () => 0)));
  return { page, seen, close: () => context.close() };
}
