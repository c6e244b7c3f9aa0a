// Reads letters back with mailparser, as a mail program written in JavaScript would, and compares
// them with what the tests say is in them.
//
// Usage: node readers.mjs FOLDER…   (each of NAME.eml with its NAME.json)

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { simpleParser } from "mailparser";

const faults = [];
let letters = 0;

function same(where, found, expected) {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value));
  if (one !== other) faults.push(`${where}: found ${one}, expected ${other}`);
}

// Line breaks at the end of a text belong to nobody.
const text = (value) => (value ?? "").replace(/\r\n/g, "\n").replace(/\n+$/, "");

async function check(file) {
  const expected = JSON.parse(readFileSync(file.replace(/eml$/, "json"), "utf8"));
  const found = await simpleParser(readFileSync(file), {
    skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true, skipHtmlToText: true,
  });
  const people = (header) => header?.value.map(({ name, address }) => [name, address]);
  same(`${file} From`, people(found.from), [[expected.from_name, expected.from_address]]);
  same(`${file} To`, people(found.to), [[expected.to_name, expected.to_address]]);
  same(`${file} copies`, [people(found.cc), people(found.bcc)], [undefined, undefined]);
  same(`${file} Subject`, found.subject, expected.subject);
  same(`${file} Message-ID`, found.messageId, expected.message_id);
  same(`${file} Date`, found.date.getTime() / 1000, expected.timestamp);
  same(`${file} text`, text(found.text), text(expected.text));
  same(`${file} page`, text(found.html), text(expected.html));
  const files = found.attachments.map(({ filename, content }) => ({
    name: filename, sha256: createHash("sha256").update(content).digest("hex"), size: content.length,
  }));
  same(`${file} files`, files, expected.attachments.map(({ name, sha256, size }) => ({ name, sha256, size })));
}

for (const folder of process.argv.slice(2)) {
  for (const name of readdirSync(folder).sort()) {
    // A signature changes nothing that is read here; each letter is there unsigned too.
    if (!name.endsWith(".eml") || /\.(rsa|ed25519)\.eml$/.test(name)) continue;
    await check(join(folder, name));
    letters += 1;
  }
}
for (const fault of faults.slice(0, 20)) console.error(fault.slice(0, 600));
console.log(`mailparser: ${letters} letters read, ${faults.length} faults`);
process.exit(letters > 0 && faults.length === 0 ? 0 : 1);
