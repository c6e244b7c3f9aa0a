// Sends COUNT letters of about SIZE bytes through nodemailer's pool: node send.mjs PORT CONNECTIONS COUNT SIZE
import { createTransport } from "nodemailer";

const [port, maxConnections, count, size] = process.argv.slice(2).map(Number);
const mailer = createTransport({ host: "127.0.0.1", port, pool: true, maxConnections, maxMessages: Infinity });
const html = "<p>" + "Kính gửi đồng chí, ".repeat(200) + "</p>";
const attachment = Buffer.alloc(Math.max(1, Math.floor(((size - 11000) * 100) / 137)), 65);
const sent = [];
for (let n = 0; n < count; n++) {
  sent.push(mailer.sendMail({
    from: "a@office.example", to: `m${n}@member.example`, subject: "Văn bản mới", text: "Kính gửi", html,
    attachments: [{ filename: "66-QD-TW.txt", content: attachment }],
  }));
}
await Promise.all(sent);
mailer.close();
