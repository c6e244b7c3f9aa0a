// For whom the letters must be good, and what is shown where a mail reader lacks a feature.

// Zimbra and Roundcube are not on caniemail; they show HTML as the browser around them does.
export const CLIENTS = [
  "apple-mail.ios", "apple-mail.macos", "gmail.android", "gmail.desktop-webmail", "gmail.ios",
  "gmail.mobile-webmail", "outlook.windows", "outlook.windows-mail", "outlook.macos",
  "outlook.outlook-com", "outlook.ios", "outlook.android", "samsung-email.android",
  "thunderbird.macos", "thunderbird.windows",
];

// Features that some of these readers do not know, each with what they show instead.
export const FALLBACKS = {
  "@media": "the light letter at its full padding, which reads well at every width",
  "<style> element": "everything that matters stands in inline styles and attributes",
  "Class selector": "everything that matters stands in inline styles and attributes",
  "Attribute selector": "rules behind `[data-ogsc]`, which only Outlook on the web writes, in a <style> of their own",
  "Descendant combinator": "the same rules: whoever passes over them shows the letter as it is",
  "<body> element": "the colour of the ground stands on the outer table cell too",
  "role attribute": "the layout tables are read out as tables, in the right order",
  "overflow-wrap": "words wrap at blanks; a single very long one widens its cell",
  "overflow": "counted because `overflow-wrap` begins so; nothing is cut or scrolled",
  "word-break": "words wrap at blanks; a single very long one widens its cell",
  "white-space": "the size of a file may wrap behind its number",
};

// Rules of html-validate that mail cannot keep, each with the reason.
export const RULES = {
  // Outlook lays out by these attributes.
  "no-deprecated-attr": "off",
  // Outlook knows no <main>; a role tells those who listen.
  "prefer-native-element": ["error", { exclude: ["main"] }],
};
