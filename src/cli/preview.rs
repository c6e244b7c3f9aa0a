//! Owns `phobien preview` and `phobien test-mail`: one letter to look at. It refuses to make a
//! letter by any other way than publishing does.

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::command::{self, Form};
use super::editions::address_or_code;
use super::named;
use super::open::{self, Desk};
use super::out::write_out;
use super::publish::at_moment;
use super::show::safe;
use super::stop::{Stop, code};
use crate::courier;
use crate::daemon::now;
use crate::delivery::{FrozenEnvelope, Outcome};
use crate::document::Sha256;
use crate::edition::EditionId;
use crate::letter::{self, Personal, Sheet, encode_attachment};
use crate::organisation::Address;
use crate::publish::{self, Order, Preview};

pub(super) async fn run(desk: &Desk, ask: command::Preview) -> Result<ExitCode> {
    let (order, edition) = order(desk, &ask).await?;
    if edition.is_none() {
        desk.read_roster().await?;
    }
    let who = address_or_code(&ask.to);
    let found = publish::preview(&desk.ledger, &desk.press(), &order, edition, &who, now()).await?;
    let preview = match &found[..] {
        [one] => one,
        [] => return Err(nobody(desk, &who).await?),
        several => return Err(ambiguous(desk, &who, several)),
    };
    let (sheet, personal) = (&preview.sheet, &preview.personal);
    let bytes = match ask.format {
        Form::Html => sheet.page(personal)?.into_bytes(),
        Form::Text => sheet.text(personal)?.into_bytes(),
        Form::Eml if preview.delivery.address.is_none() => {
            let vi = format!("{who} chưa có địa chỉ thư dùng được");
            let en = format!("{who} has no usable address");
            return Err(desk.screen.failed(&vi, &en));
        }
        Form::Eml => message(desk, (sheet, personal), &preview.envelope, None).await?,
    };
    write_out(&desk.screen, &bytes, ask.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// What is to be looked at: an edition that is there, or one as it would be.
async fn order(desk: &Desk, ask: &command::Preview) -> Result<(Order, Option<EditionId>)> {
    let edition = match &ask.edition {
        Some(text) => Some(desk.edition(text).await?),
        None => None,
    };
    if desk.is_urgent(&ask.schedule) {
        if edition.is_none() {
            let order = publish::urgent_order(&desk.ledger, &desk.config, now()).await?;
            let order = order.ok_or_else(|| {
                let vi = "không có văn bản khẩn chờ gửi";
                desk.screen.failed(vi, "no urgent document waits")
            })?;
            return Ok((order, None));
        }
    } else if ![publish::OFFICE_EDITIONS, publish::OFFICE_MATTERS].contains(&ask.schedule.as_str())
        || edition.is_none()
    {
        desk.schedule(&ask.schedule)?;
    }
    if let Some(edition) = edition {
        if edition.schedule != ask.schedule {
            let (id, schedule) = (edition.id, &edition.schedule);
            let vi = format!("{id} là đợt gửi của lịch {schedule}");
            let en = format!("{id} is an edition of {schedule}");
            return Err(desk.screen.usage(&vi, &en));
        }
        // The frozen letter is read as it stands; of the order only the name is looked at.
        let any = desk.config.schedules.first();
        let any = any.ok_or_else(|| Stop::usage("no schedule"))?;
        return Ok((at_moment(any, edition.nominal_at), Some(edition.id)));
    }
    let schedule = desk.schedule(&ask.schedule)?;
    if let Some(text) = &ask.at {
        return Ok((at_moment(schedule, named::moment(text)?), None));
    }
    let slots = schedule.next_due(1, &desk.config.calendar(), now());
    let slot = slots.first().copied();
    let slot = slot.ok_or_else(|| {
        let vi = "lịch này không còn lần gửi nào";
        desk.screen.usage(vi, "the schedule has no next slot")
    })?;
    Ok((Order::of(schedule, slot, false), None))
}

/// Nobody of that name, or nothing for them.
async fn nobody(desk: &Desk, who: &str) -> Result<anyhow::Error> {
    let members = desk.ledger.members().await?;
    let known = members
        .iter()
        .any(|m| m.code.as_deref() == Some(who) || m.address.as_deref() == Some(who));
    let known = known || desk.ledger.branch_code(who).await?.is_some();
    Ok(if known || who.contains('@') {
        let vi = format!("không có thư tới {who}: lúc đó không có văn bản nào phải gửi");
        let en = format!("no letter to {who}: nothing is owed to them then");
        desk.screen.failed(&vi, &en)
    } else {
        let vi = format!("không có ai là `{who}`; xem `phobien members list`");
        let en = format!("nobody is known as `{who}`; see `phobien members list`");
        desk.screen.usage(&vi, &en)
    })
}

fn ambiguous(desk: &Desk, who: &str, found: &[Preview]) -> anyhow::Error {
    let lines = found.iter().map(|preview| {
        let row = &preview.delivery;
        let address = row.address.as_deref().unwrap_or("-");
        let code = row.code.as_deref().unwrap_or("-");
        format!("  {} {code} {} {address}", row.kind, row.name)
    });
    let lines: Vec<_> = lines.collect();
    let lines = lines.join("\n");
    let vi = format!("`{who}` nhận nhiều thư; đề nghị ghi mã hoặc địa chỉ của một thư:\n{lines}");
    let en = format!("`{who}` gets several letters; name one by its code or address:\n{lines}");
    desk.screen.usage(&vi, &en)
}

/// The whole message, as it goes on the wire.
async fn message(
    desk: &Desk,
    (sheet, personal): (&Sheet, &Personal),
    envelope: &str,
    sample: Option<&(Sha256, Vec<u8>)>,
) -> Result<Vec<u8>> {
    let mut encoded: HashMap<Sha256, Vec<u8>> = HashMap::new();
    for (sha256, _) in sheet.attachments() {
        let bytes = match sample {
            Some((of, bytes)) if *of == sha256 => bytes.clone(),
            _ => desk.ledger.attachment(sha256).await?,
        };
        encoded.insert(sha256, encode_attachment(&bytes));
    }
    let letter = sheet.fill(personal)?;
    let bytes = letter.to_bytes(|sha256| encoded.get(sha256).map(Vec::as_slice));
    let bytes = bytes.context("an attachment is missing")?;
    let frozen = FrozenEnvelope::from_json(envelope).map_err(anyhow::Error::msg)?;
    let signer = super::secret::signer(&desk.config)?;
    let header = letter::sign(signer.as_ref(), &frozen, &[&bytes]).map_err(anyhow::Error::msg)?;
    Ok([header.unwrap_or_default().into_bytes(), bytes].concat())
}

pub(super) async fn test_mail(
    desk: &Desk,
    address: &str,
    schedule: Option<&str>,
) -> Result<ExitCode> {
    let to: Address = address
        .parse()
        .map_err(|fault| Stop::usage(format!("`{}`: {fault}", safe(address))))?;
    let schedule = match (schedule, desk.config.schedules.first()) {
        (Some(name), _) => desk.schedule(name)?,
        (None, Some(first)) => first,
        (None, None) => return Err(Stop::usage("no schedule")),
    };
    let courier = open::courier(&desk.config)?;
    let (press, salt) = (desk.press(), open::entropy());
    let trial = publish::trial(&desk.ledger, &press, schedule, &to, salt, now()).await?;
    let parts = (&trial.sheet, &trial.personal);
    let bytes = message(desk, parts, &trial.envelope, trial.sample.as_ref()).await?;
    let letter = courier::Letter::new(vec![courier::Piece::new(bytes)?])?;
    let frozen = FrozenEnvelope::from_json(&trial.envelope).map_err(anyhow::Error::msg)?;
    let from = frozen.reverse_path_of(&trial.token);
    let envelope = courier::Envelope {
        delivery: format!("thu-{}", trial.token),
        from: from.map_err(anyhow::Error::msg)?,
        to: to.clone(),
        envelope_id: Some(trial.token.clone()),
    };
    let outcome = match courier.connect().await {
        Ok(mut link) => {
            let outcome = link.deliver(&envelope, &letter).await;
            link.quit().await;
            outcome
        }
        Err(none) => none.into(),
    };
    Ok(code(tell(desk, &to, &trial.personal.message_id, &outcome)))
}

/// What became of the trial; true where the server took it.
fn tell(desk: &Desk, to: &Address, message_id: &str, outcome: &Outcome) -> bool {
    let (state, words) = match outcome {
        Outcome::Sent(reply) => ("sent", reply.to_string()),
        Outcome::Deferred(reply) | Outcome::TooMuch(reply) => ("deferred", reply.to_string()),
        Outcome::Refused(reply) => ("failed", reply.to_string()),
        Outcome::Unknown(doubt) => ("unknown", doubt.to_string()),
        Outcome::Trouble(trouble) => ("trouble", trouble.to_string()),
        Outcome::Barred(why) => ("barred", why.clone()),
    };
    let words = safe(&words);
    let screen = &desk.screen;
    screen.row(&serde_json::json!({
        "address": to.as_str(), "state": state, "reply": words, "message_id": message_id,
    }));
    screen.line(&format!("{to}: {state}: {words}"));
    state == "sent"
}
