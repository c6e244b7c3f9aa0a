//! Owns the tables of the house: which foreign crate lives in which module, who may ask the clock,
//! and what is excused from a rule, each with its reason. It knows no source code.

/// A foreign name, the modules that may say it, and why they.
pub(crate) type Home = (&'static str, &'static [&'static str], &'static str);

/// Any module may name it.
pub(crate) const ANYWHERE: &[&str] = &["*"];

/// One foreign crate, one home. The longest name that fits decides. Every dependency stands here.
pub(crate) const HOMES: &[Home] = &[
    (
        "anyhow",
        &[
            "ingest", "publish", "deliver", "collect", "report", "web", "daemon", "cli", "main",
        ],
        "floors 3 and 4: nobody decides by its kind; below, errors are types",
    ),
    (
        "askama",
        &["letter", "table", "web", "cli"],
        "letters, pages, reports and the printable branch letter",
    ),
    ("async_imap", &["mailbox"], "the only IMAP"),
    (
        "aws_lc_rs",
        &["letter", "courier"],
        "signs letters (DKIM); the provider of TLS",
    ),
    ("calamine", &["roster"], "the only reader of XLSX"),
    ("cfb", &["extract"], "the only reader of compound files"),
    (
        "chrono",
        ANYWHERE,
        "the words for time; its clock is another rule",
    ),
    ("chrono_tz", ANYWHERE, "zones are words for time"),
    ("clap", &["cli", "main"], "who asks"),
    ("clap_complete", &["cli", "main"], "who asks"),
    ("clap_mangen", &["cli", "main"], "who asks"),
    ("comfy_table", &["cli"], "tables for a terminal"),
    (
        "croner",
        &["schedule", "config"],
        "cron text becomes a schedule",
    ),
    (
        "csv",
        &["roster", "table", "cli"],
        "rosters in, reports out",
    ),
    (
        "data_encoding",
        ANYWHERE,
        "hex and base32 of digests and tokens; pure",
    ),
    (
        "encoding_rs",
        &["extract", "roster", "courier"],
        "typed lists, old texts and replies come in old encodings",
    ),
    (
        "futures_util",
        &["ingest", "ledger", "mailbox", "cli"],
        "files are read ahead of the one being put on record; long lists come row by row",
    ),
    (
        "getrandom",
        &["ledger", "daemon", "cli", "main"],
        "randomness is an argument elsewhere",
    ),
    ("hayro", &["extract"], "the only painter of pages"),
    ("hayro_interpret", &["extract"], "the only reader of PDF"),
    ("hayro_syntax", &["extract"], "the only reader of PDF"),
    (
        "hmac",
        &["delivery", "ledger", "letter"],
        "Message-ID, pseudonyms and tokens are keyed",
    ),
    (
        "email_encoding",
        &["letter"],
        "lettre's encoder of one header",
    ),
    ("html5ever", &["extract"], "the only reader of HTML"),
    (
        "icu_collator",
        &["organisation", "roster", "letter", "cli"],
        "the order of Vietnamese names",
    ),
    (
        "icu_locale_core",
        &["organisation"],
        "names the order that names are sorted in",
    ),
    ("indicatif", &["cli"], "progress on a terminal"),
    ("landlock", &["sandbox"], "what a child may open"),
    (
        "lettre",
        &["letter", "courier", "organisation"],
        "the rest of lettre: its small words",
    ),
    (
        "lettre::Address",
        &["organisation", "letter", "courier"],
        "an address is a word",
    ),
    (
        "lettre::address",
        &["organisation", "letter", "courier"],
        "an address is a word",
    ),
    ("lettre::message", &["letter"], "the only builder of mail"),
    ("lettre::Message", &["letter"], "the only builder of mail"),
    ("lettre::transport", &["courier"], "the only SMTP"),
    (
        "mail_parser",
        &["returned"],
        "the only reader of mail; tests read our letters with it",
    ),
    ("notify", &["inbox"], "the only watcher of folders"),
    ("png", &["extract"], "cover pictures"),
    (
        "pulldown_cmark",
        &["extract"],
        "the only reader of Markdown",
    ),
    ("quick_xml", &["extract"], "the only reader of XML"),
    (
        "regex",
        &[
            "recognise",
            "document",
            "extract",
            "roster",
            "delivery",
            "returned",
        ],
        "patterns in text",
    ),
    (
        "rust_xlsxwriter",
        &["table", "roster"],
        "reports, and the roster template of `init`",
    ),
    (
        "rustix",
        &[
            "inbox", "sandbox", "ledger", "mailbox", "courier", "deliver", "daemon", "cli", "main",
        ],
        "the operating system: safe opening, limits of the child, locks, sendfile",
    ),
    ("rustls_native_certs", &["courier"], "the only TLS"),
    ("sd_notify", &["daemon"], "who answers to systemd"),
    ("prometheus_client", &["daemon"], "the page of figures"),
    ("hyper", &["daemon"], "the page of figures"),
    ("hyper_util", &["daemon"], "the page of figures"),
    ("http_body_util", &["daemon"], "the page of figures"),
    (
        "secrecy",
        &["courier", "mailbox", "daemon", "cli"],
        "the password, from file to AUTH",
    ),
    (
        "seccompiler",
        &["sandbox"],
        "what a child may ask of the system",
    ),
    ("serde", ANYWHERE, "derives"),
    (
        "serde_json",
        &[
            "delivery", "sandbox", "ledger", "letter", "publish", "ingest", "deliver", "daemon",
            "cli",
        ],
        "frozen values, the child's answer, JSON lines",
    ),
    (
        "sha2",
        &["document", "delivery", "ledger", "letter"],
        "identity, Message-ID, audit chain",
    ),
    ("sqlx", &["ledger"], "the only SQL"),
    (
        "thiserror",
        ANYWHERE,
        "typed errors; only the shells give them up for anyhow",
    ),
    (
        "tokio",
        &[
            "inbox", "sandbox", "ledger", "courier", "mailbox", "ingest", "publish", "deliver",
            "collect", "report", "web", "daemon", "cli", "main",
        ],
        "floors 0 and 1 are pure",
    ),
    (
        "tokio_cron_scheduler",
        &["daemon"],
        "an alarm, never the source of truth",
    ),
    ("tokio_rustls", &["courier"], "the only TLS"),
    (
        "tokio_util",
        &["inbox", "courier", "deliver", "daemon", "cli"],
        "drain and cancellation",
    ),
    (
        "toml",
        &["config", "roster", "ingest", "cli"],
        "configuration, roster, sidecars, `init`",
    ),
    ("tracing", ANYWHERE, "log once, where it is handled"),
    (
        "tracing_journald",
        &["cli", "daemon", "main"],
        "where the log goes is said by who starts it",
    ),
    (
        "tracing_subscriber",
        &["cli", "daemon", "main"],
        "where the log goes",
    ),
    (
        "unicode_normalization",
        &[
            "spelling",
            "document",
            "extract",
            "recognise",
            "roster",
            "inbox",
        ],
        "spelling is the home; texts, cells and file names are composed where they are read",
    ),
    (
        "url",
        &["organisation", "config", "courier"],
        "host names in ASCII, and [smtp] url",
    ),
    (
        "zip",
        &["extract", "roster"],
        "documents; of a roster only its directory, to refuse a bomb",
    ),
];

/// Who may ask for the time, for randomness or for the environment, beside the shells.
pub(crate) const CLOCKS: &[Home] = &[
    ("Utc::now", &[], ""),
    ("Local::now", &[], ""),
    ("SystemTime::now", &[], ""),
    (
        "Instant::now",
        &["sandbox", "courier", "deliver"],
        "deadlines of a dialogue, waits of the pump; they decide nothing on record",
    ),
    ("env::var", &[], ""),
    ("env::var_os", &[], ""),
    ("env::args", &[], ""),
    ("env::current_dir", &[], ""),
    ("env::temp_dir", &[], ""),
];

/// The shells: who asks, and so who knows what time it is.
pub(crate) const SHELLS: &[&str] = &["daemon", "cli", "main"];

/// Lines over 100 columns: file, a piece of the line, reason.
pub(crate) const LONG_LINES: &[(&str, &str, &str)] = &[];

/// Files over 500 lines: file, reason. Empty, and meant to stay so.
pub(crate) const LONG_FILES: &[(&str, &str)] = &[];

/// Functions over 70 lines: file, function, reason. Empty, and meant to stay so.
pub(crate) const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];
