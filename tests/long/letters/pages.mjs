// Every page of a letter before three judges: axe-core in headless Chromium, light and dark, at the
// width of a phone and of a desk; html-validate; caniemail for the mail readers of `CLIENTS`.
//
// Usage: node pages.mjs FOLDER   (of NAME.html; CHROMIUM names the browser)
//
// A feature that a mail reader does not know is a finding unless `FALLBACKS` says what such a reader
// shows instead.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { caniemail, rawData } from "caniemail";
import { HtmlValidate } from "html-validate";
import puppeteer from "puppeteer-core";
import { CLIENTS, FALLBACKS, RULES } from "./judges.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const faults = [];

function fault(judge, name, what) {
  faults.push(`${judge}: ${name}: ${what}`);
}

function markup(pages) {
  const validator = new HtmlValidate({ extends: ["html-validate:standard", "html-validate:a11y"], rules: RULES });
  for (const { name, html } of pages) {
    const { results } = validator.validateStringSync(html, name);
    for (const { messages } of results)
      for (const { ruleId, message, line, column } of messages)
        fault("html-validate", `${name}:${line}:${column}`, `${ruleId}: ${message}`);
  }
}

// caniemail throws where nobody has tried a feature on a client; such a place is unknown, no finding.
function unknown() {
  for (const { stats } of rawData.data)
    for (const [family, platform] of CLIENTS.map((client) => client.split(".")))
      (stats[family] ??= {})[platform] ??= { "2000-01": "u" };
}

function clients(pages) {
  unknown();
  const used = new Set();
  for (const { name, html } of pages) {
    const css = [...html.matchAll(/<style[^>]*>([^]*?)<\/style>/g)].map(([, text]) => text).join("\n");
    const { issues } = caniemail({ clients: CLIENTS, html, css });
    // What is supported in part is no finding: the parts are `rem`, negative margins and the like.
    for (const [client, found] of issues.errors)
      for (const { title, notes = [] } of found)
        if (title in FALLBACKS) used.add(title);
        else fault("caniemail", name, `${client} does not know ${title}${notes.length ? `: ${notes[0]}` : ""}`);
  }
  for (const title of Object.keys(FALLBACKS))
    if (!used.has(title)) console.log(`NOTE no page uses "${title}"; its fallback can go`);
}

async function accessibility(folder, pages) {
  const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = process.env.CHROMIUM ?? places.find(existsSync);
  if (!executablePath) throw new Error("no Chromium: apt-get install chromium, or name one in CHROMIUM");
  const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--hide-scrollbars"] });
  let looks = 0;
  try {
    const page = await browser.newPage();
    // A letter fetches nothing. What it asks for all the same is a finding.
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const url = request.url();
      if (url.startsWith("file:") || url.startsWith("data:")) return request.continue();
      if (!url.startsWith("cid:")) fault("Chromium", page.url(), `asks for ${url}`);
      return request.abort();
    });
    for (const { name } of pages)
      for (const scheme of ["light", "dark"])
        for (const width of [320, 1200]) {
          await page.setViewport({ width, height: 900 });
          await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
          await page.goto(pathToFileURL(resolve(folder, name)).href);
          await page.addScriptTag({ path: axe });
          const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
          for (const { id, help, nodes } of violations)
            fault("axe-core", `${name} ${scheme} ${width} px`, `${id}: ${help}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > width) fault("Chromium", `${name} ${scheme} ${width} px`, `the page is ${wide} px wide`);
          looks += 1;
        }
  } finally {
    await browser.close();
  }
  return looks;
}

const [folder] = process.argv.slice(2);
const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort()
  .map((name) => ({ name, html: readFileSync(join(folder, name), "utf8") }));
markup(pages);
clients(pages);
const looks = await accessibility(folder, pages);
// The same finding on many pages is told once.
const told = new Map();
for (const line of faults) {
  const key = line.replace(/[\w-]+\.html(:\d+:\d+)?/, "…");
  told.set(key, [...(told.get(key) ?? []), line]);
}
for (const lines of told.values()) console.error(`${lines[0]}${lines.length > 1 ? ` (and ${lines.length - 1} more)` : ""}`);
console.log(`pages: ${pages.length} pages, ${looks} looks by axe-core, ${faults.length} findings`);
process.exit(pages.length > 0 && faults.length === 0 ? 0 : 1);
