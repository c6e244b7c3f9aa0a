//! Owns what a server says in answer to EHLO that it can do (RFC 5321 §4.1.1.1). It refuses to
//! know what use is made of it; words it does not know are passed over.

/// The announced extensions that phobien makes use of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    /// SIZE (RFC 1870): the most bytes of a message, where the server names a limit.
    pub(super) size_max: Option<u64>,
    /// SIZE is offered at all, so MAIL may carry it.
    pub(super) size: bool,
    /// PIPELINING (RFC 2920).
    pub(super) pipelining: bool,
    /// 8BITMIME (RFC 6152).
    pub(super) eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub(super) utf8: bool,
    /// DSN (RFC 3461).
    pub(super) dsn: bool,
    /// STARTTLS (RFC 3207).
    pub(super) starttls: bool,
    /// AUTH PLAIN (RFC 4616).
    pub(super) auth_plain: bool,
    /// AUTH LOGIN.
    pub(super) auth_login: bool,
}

impl Capabilities {
    /// Reads the lines of the reply; the first is the server's greeting.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut read = Self::default();
        for line in lines.iter().skip(1) {
            // "AUTH=LOGIN PLAIN" is how some old servers write it.
            let line = line.replacen('=', " ", 1).to_ascii_uppercase();
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default() {
                "SIZE" => {
                    read.size = true;
                    let limit = words.next().and_then(|n| n.parse().ok());
                    read.size_max = limit.filter(|n| *n > 0);
                }
                "PIPELINING" => read.pipelining = true,
                "8BITMIME" => read.eight_bit = true,
                "SMTPUTF8" => read.utf8 = true,
                "DSN" => read.dsn = true,
                "STARTTLS" => read.starttls = true,
                "AUTH" => {
                    let offered: Vec<&str> = words.collect();
                    read.auth_plain |= offered.contains(&"PLAIN");
                    read.auth_login |= offered.contains(&"LOGIN");
                }
                _ => {}
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Capabilities {
        let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        Capabilities::read(&lines)
    }

    #[test]
    fn extensions_are_read_in_any_case_and_shape() {
        let all = read(&[
            "mail at your service",
            "size 1000",
            "PIPELINING",
            "8bitmime",
            "SMTPUTF8",
            "DSN",
            "STARTTLS",
            "AUTH=LOGIN",
            "AUTH PLAIN XOAUTH2",
        ]);
        assert_eq!(all.size_max, Some(1000));
        assert!(all.size && all.pipelining && all.eight_bit && all.utf8 && all.dsn);
        assert!(all.starttls && all.auth_plain && all.auth_login);
    }

    #[test]
    fn the_greeting_and_nonsense_announce_nothing() {
        assert_eq!(read(&["PIPELINING"]), Capabilities::default());
        assert_eq!(read(&["x", "", "XPIPELINING"]), Capabilities::default());
        let unlimited = read(&["x", "SIZE 0"]);
        assert_eq!((unlimited.size, unlimited.size_max), (true, None));
        assert_eq!(read(&["x", "SIZE -1"]).size_max, None);
    }
}
