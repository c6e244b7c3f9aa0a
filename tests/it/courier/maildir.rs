//! Owns the proof that the Maildir holds the letter's bytes where the contract says.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use phobien::config::{Smtp, Transport};
use phobien::courier::Courier;

use super::{TEXT, envelope, letter, word};

fn courier(root: &std::path::Path) -> Courier {
    let smtp = Smtp {
        transport: Transport::Maildir(root.to_owned()),
        username: None,
        password_file: None,
        ca_file: None,
        connections: 1,
        rate_per_minute: None,
        timeout: std::time::Duration::from_secs(1),
        final_timeout: std::time::Duration::from_secs(1),
    };
    Courier::new(&smtp, None, "localhost").expect("a courier")
}

#[tokio::test]
async fn a_letter_lies_in_new_under_its_delivery_and_a_retry_replaces_it() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path().join("not/yet/there");
    let mut link = courier(&root).connect().await.expect("a link");
    for text in ["first\r\n", TEXT] {
        let outcome = link
            .deliver(&envelope("An+1@dangbo.example"), &letter(text))
            .await;
        assert_eq!(word(&outcome), "sent", "{outcome:?}");
    }
    let place = root.join("an+1@dangbo.example");
    assert_eq!(
        fs::read(place.join("new/7-abc")).expect("the letter"),
        TEXT.as_bytes()
    );
    for (folder, files) in [("tmp", 0), ("cur", 0), ("new", 1)] {
        let found = fs::read_dir(place.join(folder)).expect(folder).count();
        assert_eq!(found, files, "{folder}");
    }
    let mode = |path: &str| {
        let metadata = fs::metadata(place.join(path)).expect(path);
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode("new/7-abc"), mode("new")), (0o600, 0o700));
}

#[tokio::test]
async fn no_address_and_no_delivery_leaves_the_folder() {
    let outer = tempfile::tempdir().expect("a folder");
    let root = outer.path().join("mail");
    let mut link = courier(&root).connect().await.expect("a link");
    let mut there = envelope("a/b@dangbo.example");
    there.delivery = "../../escape".into();
    assert_eq!(word(&link.deliver(&there, &letter(TEXT)).await), "sent");
    assert!(
        root.join("a%2Fb@dangbo.example/new/%2E.%2F..%2Fescape")
            .is_file()
    );
    assert_eq!(fs::read_dir(outer.path()).expect("outer").count(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_bars_everybody() {
    let outer = tempfile::tempdir().expect("a folder");
    let root = outer.path().join("file");
    fs::write(&root, "not a folder").expect("written");
    let mut link = courier(&root).connect().await.expect("a link");
    let outcome = link
        .deliver(&envelope("an@dangbo.example"), &letter(TEXT))
        .await;
    assert_eq!(word(&outcome), "barred", "{outcome:?}");
}

#[tokio::test]
async fn an_address_too_long_for_a_file_name_is_refused_alone() {
    let root = tempfile::tempdir().expect("a folder");
    let mut link = courier(root.path()).connect().await.expect("a link");
    let domain = ["d".repeat(60).as_str(); 4].join(".");
    let long = format!("{}@{domain}", "l".repeat(60));
    assert_eq!(
        word(&link.deliver(&envelope(&long), &letter(TEXT)).await),
        "refused"
    );
    assert_eq!(
        word(
            &link
                .deliver(&envelope("an@dangbo.example"), &letter(TEXT))
                .await
        ),
        "sent"
    );
}
