//! Owns a peer's side of one dialogue: what a server does, and where the script says otherwise,
//! that. It refuses to be lenient: what no client may do goes on record.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;

use super::script::{Action, Now, Script, Stage};
use super::stream::{Connection, Stream};
use super::{Record, Taken};

struct Dialogue {
    stream: Stream,
    number: usize,
    script: Arc<Script>,
    record: Arc<Mutex<Record>>,
    secured: bool,
    logged_in: bool,
    transaction: usize,
    mail: Option<String>,
    to: Vec<String>,
    /// The last recipient named, accepted or not.
    named: String,
}

/// Plays the script on one connection, to its end.
pub(crate) async fn serve(
    plain: Box<dyn Connection>,
    number: usize,
    script: Arc<Script>,
    record: Arc<Mutex<Record>>,
) {
    let cut = script.cut_connection.is_none_or(|n| n == number);
    let limit = |bytes: Option<usize>| bytes.filter(|_| cut).unwrap_or(usize::MAX);
    let mut dialogue = Dialogue {
        stream: Stream::new(plain, limit(script.cut_read), limit(script.cut_written)),
        number,
        script,
        record,
        secured: false,
        logged_in: false,
        transaction: 0,
        mail: None,
        to: Vec::new(),
        named: String::new(),
    };
    // An end of any kind; the record has what matters.
    let _ = dialogue.run().await;
}

impl Dialogue {
    async fn run(&mut self) -> io::Result<()> {
        if self.script.implicit_tls {
            self.secure().await?;
        }
        self.answer(Stage::Banner, "220 peer ESMTP").await?;
        loop {
            let line = self.line().await?;
            self.note(|record, number| record.commands.push((number, line.clone())));
            if self.script.forgets_early_input {
                self.stream.buffer.clear();
            }
            let word = line
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match word.as_str() {
                "EHLO" => self.ehlo().await?,
                "STARTTLS" => self.start_tls().await?,
                "AUTH" => self.auth(&line).await?,
                "MAIL" => self.mail(line).await?,
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.forget();
                    self.answer(Stage::Rset, "250 2.0.0 reset").await?;
                }
                "NOOP" => self.stream.write(b"250 2.0.0 ok\r\n").await?,
                "QUIT" => {
                    self.answer(Stage::Quit, "221 2.0.0 bye").await?;
                    return self.stream.close().await;
                }
                _ => {
                    self.violation(format!("no command: {line:?}"));
                    self.stream.write(b"500 5.5.2 what\r\n").await?;
                }
            }
        }
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        self.forget();
        let mut lines = vec!["peer at your service".to_owned()];
        lines.extend(self.script.offers.iter().cloned());
        if self.script.certificate.is_some() && !self.secured {
            lines.push("STARTTLS".into());
        }
        let last = lines.len() - 1;
        let mark = |at| if at == last { ' ' } else { '-' };
        let lines = lines.iter().enumerate();
        let text: Vec<String> = lines.map(|(at, l)| format!("250{}{l}", mark(at))).collect();
        self.answer(Stage::Ehlo, &text.join("\r\n")).await.map(drop)
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        if self.script.certificate.is_none() || self.secured {
            return self.stream.write(b"503 5.5.1 no\r\n").await;
        }
        if self
            .answer(Stage::StartTls, "220 2.0.0 go ahead")
            .await?
            .starts_with(b"220")
        {
            self.secure().await?;
        }
        Ok(())
    }

    async fn secure(&mut self) -> io::Result<()> {
        let script = Arc::clone(&self.script);
        let Some(certificate) = &script.certificate else {
            return Ok(());
        };
        self.stream.secure(&certificate.acceptor()).await?;
        self.secured = true;
        Ok(())
    }

    async fn auth(&mut self, line: &str) -> io::Result<()> {
        let text = |line: &str| {
            let bytes = BASE64.decode(line.trim().as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let login = if let Some(initial) = line.strip_prefix("AUTH PLAIN ") {
            let words = text(initial);
            let mut words = words.split('\0').skip(1).map(str::to_owned);
            (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            )
        } else {
            self.stream.write(b"334 VXNlcm5hbWU6\r\n").await?;
            let user = text(&self.line().await?);
            self.stream.write(b"334 UGFzc3dvcmQ6\r\n").await?;
            (user, text(&self.line().await?))
        };
        let right = self.script.account.as_ref() == Some(&login);
        self.note(|record, _| record.logins.push(login));
        let usual = if right {
            "235 2.7.0 welcome"
        } else {
            "535 5.7.8 wrong"
        };
        self.logged_in = self.answer(Stage::Auth, usual).await?.starts_with(b"235");
        Ok(())
    }

    async fn mail(&mut self, line: String) -> io::Result<()> {
        self.transaction += 1;
        self.named.clear();
        let usual = if self.script.account.is_some() && !self.logged_in {
            "530 5.7.0 log in first"
        } else if self.mail.is_some() {
            self.violation("nested MAIL".into());
            "503 5.5.1 nested MAIL"
        } else {
            "250 2.1.0 ok"
        };
        if self.answer(Stage::Mail, usual).await?.starts_with(b"2") {
            self.mail = Some(line);
        }
        Ok(())
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<()> {
        self.named = path_of(line);
        let usual = if self.mail.is_some() {
            "250 2.1.5 ok"
        } else {
            "503 5.5.1 MAIL first"
        };
        if self.answer(Stage::Rcpt, usual).await?.starts_with(b"2") {
            self.to.push(self.named.clone());
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        let usual = if self.to.is_empty() {
            "554 5.5.1 no valid recipients"
        } else {
            "354 go"
        };
        if !self.answer(Stage::Data, usual).await?.starts_with(b"354") {
            return Ok(());
        }
        let data = self.body().await?;
        if self.script.forgets_riders {
            self.stream.buffer.clear();
        }
        let taken = Taken {
            connection: self.number,
            from: self.mail.as_deref().map(path_of).unwrap_or_default(),
            to: self.to.clone(),
            mail: self.mail.clone().unwrap_or_default(),
            data,
        };
        let action = self.action(Stage::Dot);
        self.forget();
        if taken.to.is_empty() {
            self.note(|record, _| record.bodies_for_nobody.push(taken.data));
            return self
                .stream
                .write(b"554 5.5.1 no valid recipients\r\n")
                .await;
        }
        let action = action.unwrap_or_else(|| Action::reply("250 2.0.0 taken"));
        // On record before a word is said: the truth that outcomes are held against.
        if action.opening().starts_with(b"2") {
            self.note(|record, _| record.taken.push(taken));
        }
        let action = if let Action::Take(then) = action {
            *then
        } else {
            action
        };
        self.act(action).await
    }

    /// The letter up to the final dot, dots undoubled.
    async fn body(&mut self) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        if let Some(action) = self.action(Stage::Body) {
            if self.stream.buffer.is_empty() {
                self.stream.fill().await?;
            }
            self.act(action).await?;
        }
        loop {
            let line = self.raw_line().await?;
            if line == b".\r\n" {
                return Ok(data);
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = self.raw_line().await?;
        line.truncate(line.len().saturating_sub(2));
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Up to a line feed, which must follow a carriage return, which must stand nowhere else.
    async fn raw_line(&mut self) -> io::Result<Vec<u8>> {
        let mut searched = 0;
        let end = loop {
            let unseen = &self.stream.buffer[searched..];
            if let Some(at) = unseen.iter().position(|b| *b == b'\n') {
                break searched + at;
            }
            searched = self.stream.buffer.len();
            self.stream.fill().await?;
        };
        let line: Vec<u8> = self.stream.buffer.drain(..=end).collect();
        let text = line.strip_suffix(b"\r\n");
        if text.is_none_or(|text| text.iter().any(|b| matches!(b, b'\r' | b'\n' | 0))) {
            self.violation("a bare CR, LF or a NUL".into());
        }
        Ok(line)
    }

    /// Says the usual, or does what the script wants; gives back how what was said began.
    async fn answer(&mut self, stage: Stage, usual: &str) -> io::Result<Vec<u8>> {
        let action = self.action(stage).unwrap_or_else(|| Action::reply(usual));
        let opening = action.opening();
        self.act(action).await?;
        Ok(opening)
    }

    fn action(&self, stage: Stage) -> Option<Action> {
        self.script.action(&Now {
            stage,
            connection: self.number,
            transaction: self.transaction,
            to: &self.named,
        })
    }

    async fn act(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Reply(text) => self.stream.write(format!("{text}\r\n").as_bytes()).await,
            Action::Raw(bytes) => self.stream.write(&bytes).await,
            Action::Drip(bytes, pause) => self.pieces(bytes.chunks(1), pause).await,
            Action::Split(chunks) => {
                let chunks = chunks.iter().map(Vec::as_slice);
                self.pieces(chunks, Duration::from_millis(10)).await
            }
            Action::Silence => Err(self.stream.wait_for_the_end().await),
            Action::Close => self.stream.close().await,
            Action::Reset => Err(self.stream.reset()),
            Action::ReplyThenClose(text) => {
                self.stream.write(format!("{text}\r\n").as_bytes()).await?;
                self.stream.close().await
            }
            Action::ReplyThenMore(text, more, pause) => {
                self.stream.write(format!("{text}\r\n").as_bytes()).await?;
                tokio::time::sleep(pause).await;
                self.stream.write(format!("{more}\r\n").as_bytes()).await
            }
            Action::Later(pause, action) => {
                tokio::time::sleep(pause).await;
                Box::pin(self.act(*action)).await
            }
            Action::Take(_) => panic!("only at the dot can a letter be taken"),
        }
    }

    async fn pieces<'a>(
        &mut self,
        pieces: impl Iterator<Item = &'a [u8]>,
        pause: Duration,
    ) -> io::Result<()> {
        for piece in pieces {
            self.stream.write(piece).await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.mail = None;
        self.to.clear();
    }

    fn violation(&self, what: String) {
        // What throws away half a line has only itself to blame for the other half.
        if !self.script.forgets_early_input {
            self.note(|record, _| record.violations.push(what));
        }
    }

    fn note(&self, write: impl FnOnce(&mut Record, usize)) {
        write(
            &mut self.record.lock().expect("no panic in the peer"),
            self.number,
        );
    }
}

/// What stands between the angle brackets.
fn path_of(line: &str) -> String {
    let path = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    path.map_or_else(String::new, |(path, _)| path.to_owned())
}
