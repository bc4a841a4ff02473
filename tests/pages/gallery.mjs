// The pages that the Rust tests have drawn from samples, served as the program would serve them.

import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { artefacts } from "./browser.mjs";

const pages = `${artefacts}pages/`;
const assets = new URL("../../server/assets/", import.meta.url).pathname;
const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };

/** Names of the drawn pages. */
export const drawn = readdirSync(pages).filter((name) => name.endsWith(".html")).sort();

export async function serve() {
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://here").pathname;
    const file = name.startsWith("/assets/") ? assets + name.slice(8) : pages + name.slice(1);
    try {
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": types[file.split(".").pop()] ?? "text/plain" });
      response.end(body);
    } catch {
      // A browser asks for an icon by itself; whatever else is missing is a fault of the page.
      response.writeHead(name === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
