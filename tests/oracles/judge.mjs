// Judges HTML and MJML: for each line of stdin, {"html": {name: text}, "mjml": {name: text}}, it
// writes a line to stdout, [{"name", "line", "rule", "message"}] of what is wrong.
import { createInterface } from "node:readline";
import { HtmlValidate, StaticConfigLoader } from "html-validate";
import mjml2html from "mjml";

// Mail is laid out by tables and attributes, because some programs know nothing newer, and Outlook
// reads what stands in conditional comments.
const PRESENTATIONAL = [
  "no-inline-style",
  "no-deprecated-attr",
  "no-conditional-comment",
  "long-title", // for search engines
  "prefer-native-element", // mjml's <div role="main">
];
// Levels are set by aria-level, which html-validate does not read; the test checks them itself.
const CHECKED_ELSEWHERE = ["heading-level"];

const html = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:recommended", "html-validate:document"],
    rules: Object.fromEntries([...PRESENTATIONAL, ...CHECKED_ELSEWHERE].map((rule) => [rule, "off"])),
  }),
);

async function judgeHtml([name, text]) {
  const report = await html.validateString(text);
  return report.results.flatMap((result) =>
    result.messages.map(({ line, ruleId, message }) => ({ name, line, rule: ruleId, message })),
  );
}

async function judgeMjml([name, text]) {
  const { errors } = await mjml2html(text, { validationLevel: "soft", fonts: {} });
  return errors.map(({ line, tagName, message }) => ({ name, line, rule: tagName, message }));
}

for await (const given of createInterface({ input: process.stdin })) {
  const { html: pages, mjml: sources } = JSON.parse(given);
  const found = [
    ...(await Promise.all(Object.entries(pages).map(judgeHtml))),
    ...(await Promise.all(Object.entries(sources).map(judgeMjml))),
  ];
  process.stdout.write(JSON.stringify(found.flat()) + "\n");
}
