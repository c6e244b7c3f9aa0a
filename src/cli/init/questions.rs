//! Owns what `init` asks a person: ten questions, each with its default. It refuses to know how a
//! person is asked, and to judge an answer by anything but the form.

use std::path::Path;

use anyhow::Result;
use secrecy::SecretString;

use super::form::{self, Form};
use super::terminal::{Terminal, told};
use crate::cli::open;
use crate::courier::Courier;
use crate::organisation::Address;

/// Asks all of it. Answers the password where somebody logs in, which stands in no form.
pub(super) async fn ask(person: &Terminal, form: &mut Form) -> Result<Option<SecretString>> {
    person.say((
        "Mười câu hỏi; Enter là nhận giá trị trong ngoặc vuông. Mọi câu trả lời đều sửa lại được \
         trong tệp cấu hình.",
        "Ten questions; Enter takes what stands in brackets. Every answer can be changed in the \
         configuration later.",
    ));
    organisation(person, form)?;
    let sender = sender(person, form)?;
    office(person, form, &sender)?;
    documents(person, form)?;
    let password = server(person, form, &sender).await?;
    time(person, form)?;
    Ok(password)
}

/// Where a test letter goes; none where the person wants none.
pub(super) fn test_address(person: &Terminal, form: &Form) -> Result<Option<String>> {
    let sender = form.config().mail.from;
    let mut to = None;
    person.ask(
        (
            "Gửi một thư thử tới (ghi - nếu không gửi)",
            "Send a test letter to (- for none)",
        ),
        Some(sender.as_str()),
        |text| {
            to = match text {
                "-" => None,
                text => Some(address(text)?),
            };
            Ok(())
        },
    )?;
    Ok(to)
}

fn organisation(person: &Terminal, form: &mut Form) -> Result<()> {
    person.ask(
        (
            "1. Tên đầy đủ của tổ chức",
            "1. Full name of the organisation",
        ),
        None,
        |text| put(person, form, form::NAME, text),
    )
}

/// The sender's address, of which the other defaults are made.
fn sender(person: &Terminal, form: &mut Form) -> Result<Address> {
    person.ask(
        (
            "2. Người gửi, ví dụ: Văn phòng Đảng uỷ <vanphong@dangbo.example>",
            "2. Who the mail is from, such as: Party Office <office@organisation.example>",
        ),
        None,
        |text| put(person, form, form::FROM, text),
    )?;
    Ok(form.config().mail.from)
}

fn office(person: &Terminal, form: &mut Form, sender: &Address) -> Result<()> {
    person.ask(
        (
            "3. Địa chỉ của văn phòng nhận bản tổng hợp và thông báo; nhiều địa chỉ cách nhau bằng \
             dấu phẩy",
            "3. Addresses in the office that get summaries and notices, with commas between",
        ),
        Some(sender.as_str()),
        |text| {
            let all = text.split(',').map(|one| one.trim().to_owned());
            let all: Vec<_> = all.filter(|one| !one.is_empty()).collect();
            form.put_office(&all)
                .map_err(|fault| told(&fault, person.language))
        },
    )?;
    person.ask(
        (
            "4. Đầu mối liên hệ ghi ở chân thư (ghi - nếu không có)",
            "4. Whom members may ask, at the foot of each letter (- for nobody)",
        ),
        Some(sender.as_str()),
        |text| put_or_none(person, form, form::CONTACT, text),
    )
}

fn documents(person: &Terminal, form: &mut Form) -> Result<()> {
    let default = form.config().documents.folder.display().to_string();
    person.ask(
        (
            "5. Thư mục tiếp nhận văn bản",
            "5. The folder into which documents are dropped",
        ),
        Some(&default),
        |text| {
            let folder = std::path::absolute(Path::new(text)).map_err(|why| why.to_string())?;
            form.put_path(form::DOCUMENTS, &folder.to_string_lossy())
                .map_err(|fault| told(&fault, person.language))
        },
    )?;
    person.ask(
        (
            "6. Nơi đọc văn bản quá lớn để gửi kèm, ví dụ: Văn phòng Đảng uỷ, phòng 301 (ghi - nếu \
             không có)",
            "6. Where to read what is too large for a letter, such as: Party Office, room 301 (- \
             for nowhere)",
        ),
        Some("-"),
        |text| put_or_none(person, form, form::READ_AT, text),
    )
}

/// Asks until somebody is logged in, or the person goes on without.
async fn server(
    person: &Terminal,
    form: &mut Form,
    sender: &Address,
) -> Result<Option<SecretString>> {
    let domain = sender.as_str().rsplit('@').next().unwrap_or_default();
    let (mut url, mut name) = (format!("smtps://mail.{domain}:465"), sender.to_string());
    for round in 1.. {
        if round > 1 {
            roots(person, form)?;
        }
        let password = login(person, form, &mut url, &mut name)?;
        person.say((
            "   Đang thử kết nối và đăng nhập …",
            "   Trying to connect and to log in …",
        ));
        let said = try_server(form, password.clone()).await;
        let why = match said {
            Ok(()) => {
                person.say(("   Máy chủ thư đã nhận.", "   The mail server agrees."));
                return Ok(password);
            }
            Err(why) => crate::cli::show::safe(&why),
        };
        let vi = format!("   Chưa được: {why}");
        let en = format!("   It did not work: {why}");
        person.say((&vi, &en));
        if !person.confirm(("   Trả lời lại câu 7 đến 9?", "   Answer 7 to 9 again?"))? {
            return Ok(password);
        }
    }
    unreachable!("rounds end only by a word of the person")
}

/// Asked where the server was not reached at once: many offices sign their own certificates.
fn roots(person: &Terminal, form: &mut Form) -> Result<()> {
    person.ask(
        (
            "   Tệp chứng thư gốc của cơ quan, PEM (ghi - nếu không có)",
            "   The organisation's own root certificates, a PEM file (- for none)",
        ),
        Some("-"),
        |text| {
            if text == "-" {
                form.leave_out(form::CA_FILE);
                return Ok(());
            }
            let file = std::path::absolute(Path::new(text)).map_err(|why| why.to_string())?;
            form.put_path(form::CA_FILE, &file.to_string_lossy())
                .map_err(|fault| told(&fault, person.language))
        },
    )
}

fn login(
    person: &Terminal,
    form: &mut Form,
    url: &mut String,
    name: &mut String,
) -> Result<Option<SecretString>> {
    person.ask(
        (
            "7. Máy chủ thư, dạng smtps://máy-chủ:465 hoặc smtp://máy-chủ:587?tls=required",
            "7. The mail server, as smtps://HOST:465 or smtp://HOST:587?tls=required",
        ),
        Some(&url.clone()),
        |text| {
            // A bare host means the safest way to it.
            let whole = match text.contains(':') {
                true => text.to_owned(),
                false => format!("smtps://{text}:465"),
            };
            put(person, form, form::URL, &whole)?;
            *url = whole;
            Ok(())
        },
    )?;
    person.ask(
        (
            "8. Tên đăng nhập (ghi - nếu máy chủ không hỏi)",
            "8. The name to log in with (- where the server asks for none)",
        ),
        Some(&name.clone()),
        |text| {
            put_or_none(person, form, form::USERNAME, text)?;
            text.clone_into(name);
            Ok(())
        },
    )?;
    if form.config().smtp.username.is_none() {
        form.leave_out(form::PASSWORD_FILE);
        return Ok(None);
    }
    let password = person.password((
        "9. Mật khẩu (không hiện ra; ghi vào một tệp riêng)",
        "9. The password (not shown; kept in a file of its own)",
    ))?;
    form.put_path(form::PASSWORD_FILE, super::PASSWORD)
        .unwrap_or_else(|_| unreachable!("a file's name is a path"));
    Ok(Some(password))
}

/// Connects and logs in, sending nothing.
pub(super) async fn try_server(form: &Form, password: Option<SecretString>) -> Result<(), String> {
    let smtp = form.config().smtp;
    let courier = Courier::new(&smtp, password, &open::local_name());
    let courier = courier.map_err(|fault| fault.to_string())?;
    let link = courier.connect().await.map_err(|none| none.to_string())?;
    link.quit().await;
    Ok(())
}

fn time(person: &Terminal, form: &mut Form) -> Result<()> {
    person.ask(
        (
            "10. Giờ gửi trong ngày làm việc",
            "10. At what time letters go out on working days",
        ),
        Some("07:30"),
        |text| {
            let hint = (
                "  Ghi giờ và phút, ví dụ: 07:30",
                "  Write hour and minute: 07:30",
            );
            let taken = form.put_time(text).then_some(());
            taken.ok_or_else(|| person.pick(hint).to_owned())
        },
    )
}

fn put(person: &Terminal, form: &mut Form, key: form::Key, text: &str) -> Result<(), String> {
    form.put(key, text)
        .map_err(|fault| told(&fault, person.language))
}

fn put_or_none(
    person: &Terminal,
    form: &mut Form,
    key: form::Key,
    text: &str,
) -> Result<(), String> {
    if matches!(text, "" | "-") {
        form.leave_out(key);
        return Ok(());
    }
    put(person, form, key, text)
}

fn address(text: &str) -> Result<String, String> {
    let address: Address = text.parse().map_err(|fault| format!("{fault}"))?;
    Ok(address.to_string())
}
