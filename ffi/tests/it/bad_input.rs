//! What officers paste and type, and what stands in files that they play: kept whole, or refused
//! before it is SAVED with a sentence that helps; the terminal obeys none of it.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use ffi::form::Given;
use ffi::{Doing, Phone, PhoneError, Stopwatch};
use sync_core::catalogue::{Catalogue, FieldType};
use sync_core::fieldbook::Refusal;
use sync_core::ids::RecordId;
use sync_core::letters::is_unseen;
use sync_core::record::write::{MAX_SPLICE, Refused};

use crate::station::join;
use crate::terminal::{CASE, fieldbook, said};

const HOSTILE: &str = "坏\u{1b}[2J\u{1b}]8;;x\u{7}\u{9b}31m\u{202e}\u{200b}\u{feff}<script>{given}{n}\r\n  registered  伪\u{7f}终";

fn phone_in(dir: &Path) -> Phone {
    join(dir, Catalogue::embedded(), &["stationed_officer"])
}

fn case(place: &str) -> Doing {
    let words = [
        ("source", "patrol"),
        ("cause", "占道经营"),
        ("offence_at", "2026-05-11 14:05"),
        ("place", place),
    ];
    let given = |(place, value): (&str, &str)| Given {
        place: place.to_owned(),
        value: value.to_owned(),
    };
    Doing::Create {
        kind: "case".to_owned(),
        external_id: None,
        words: words.map(given).to_vec(),
        steps: Vec::new(),
    }
}

fn megabytes(n: usize) -> String {
    "长".repeat(n * 1024 * 1024 / 3)
}

/// A meeting, whose minutes are written together, and their field.
fn minutes(phone: &mut Phone) -> (RecordId, String) {
    let catalogue = phone.catalogue().unwrap();
    let mut fields = catalogue.kinds["meeting"].fields.iter();
    let text = fields.find(|field| field.ty == FieldType::CoText).unwrap();
    let words = [
        ("title", "例会"),
        ("meeting_kind", "M1"),
        ("starts_at", "2026-05-11 14:05"),
        ("topics", "占道"),
    ];
    let given = |(place, value): (&str, &str)| Given {
        place: place.to_owned(),
        value: value.to_owned(),
    };
    let saved = phone.record(Doing::Create {
        kind: "meeting".to_owned(),
        external_id: None,
        words: words.map(given).to_vec(),
        steps: Vec::new(),
    });
    (saved.unwrap().records[0], text.name.clone())
}

#[test]
fn what_is_written_drives_no_terminal_and_forges_no_line() {
    let dir = tempfile::tempdir().unwrap();
    drop(phone_in(dir.path()));
    let place = format!("place={HOSTILE}");
    let text = format!("log.text={HOSTILE}");
    let mut words = CASE.to_vec();
    words.extend([
        place.as_str(),
        text.as_str(),
        "--external-id",
        "id\u{1b}[2J\u{202e}",
    ]);
    let (status, out, complaint) = said(dir.path(), &words);
    assert_eq!((status, complaint.as_str()), (0, ""));
    let record = out.lines().nth(1).unwrap().to_owned();
    assert_eq!(said(dir.path(), &["step", &record, "lead", HOSTILE]).0, 0);
    for words in [
        vec!["list"],
        vec!["list", "--json"],
        vec!["show", &record],
        vec!["show", &record, "--json"],
        vec!["show", "id\u{1b}[2J\u{202e}"],
        vec!["tray"],
        vec!["status"],
        vec!["show", HOSTILE],
        vec!["record", HOSTILE],
        vec!["record", "case", HOSTILE],
        vec!["record", "case", &format!("{HOSTILE}=x")],
        vec!["record", "case", &format!("source={HOSTILE}")],
        vec!["record", "case", &format!("offence_at={HOSTILE}")],
        vec!["edit", &record, &format!("log[{HOSTILE}].text=x")],
        vec!["strike", &record, HOSTILE, "--at", HOSTILE],
        vec!["track", "add", &record, HOSTILE],
        vec!["step", &record, HOSTILE],
        vec!["import", HOSTILE],
        vec!["take", HOSTILE],
        vec!["sync", "--server", HOSTILE],
        vec![HOSTILE],
        vec!["--lang", HOSTILE, "list"],
    ] {
        let (_, out, complaint) = said(dir.path(), &words);
        for told in [&out, &complaint] {
            let odd = told.find(is_unseen);
            assert_eq!(odd, None, "{words:?}: {told:?}");
        }
        let forged = out.lines().any(|line| line.starts_with("  registered"));
        assert!(!forged, "{words:?}: {out}");
    }
    // As JSON it is what was written, to the letter.
    let (_, json, _) = said(dir.path(), &["show", &record, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["body"]["place"], HOSTILE, "{json}");
}

#[test]
fn words_that_are_no_text_are_wrong_use() {
    let dir = tempfile::tempdir().unwrap();
    drop(phone_in(dir.path()));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fieldbook"));
    let odd = std::ffi::OsStr::from_bytes(b"place=\xff\xfe\xed\xa0\xbd");
    let output = command
        .args(["--store".as_ref(), dir.path().as_os_str()])
        .args(["record", "case"])
        .arg(odd)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("UTF-8") && told.lines().count() == 1,
        "{told}"
    );
}

#[test]
fn ten_megabytes_in_a_field_are_refused_before_saved_and_nothing_else_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut phone = phone_in(dir.path());
    let pasted = megabytes(10);
    let begun = Stopwatch::start();
    let refused = phone.record(case(&pasted)).unwrap_err().to_string();
    assert!(
        refused.contains("place takes a text of at most 16 KiB, some 5400 Chinese characters; this one has 10485759 bytes"),
        "{refused}"
    );
    assert_eq!(phone.status().saved, 0);
    let record = phone.record(case("锦华路")).unwrap().records[0];
    for doing in [
        Doing::Edit {
            record,
            words: vec![Given {
                place: "cause".to_owned(),
                value: pasted.clone(),
            }],
            reason: None,
        },
        Doing::Edit {
            record,
            words: vec![Given {
                place: "cause".to_owned(),
                value: "占道".to_owned(),
            }],
            reason: Some(pasted.clone()),
        },
        Doing::Step {
            record,
            step: "lead".to_owned(),
            note: Some(pasted.clone()),
        },
        Doing::Step {
            record,
            step: pasted.clone(),
            note: None,
        },
        Doing::Create {
            kind: pasted.clone(),
            external_id: None,
            words: vec![],
            steps: vec![],
        },
        Doing::Create {
            kind: "case".to_owned(),
            external_id: Some(pasted.clone()),
            words: vec![],
            steps: vec![],
        },
    ] {
        let refused = phone.record(doing).unwrap_err().to_string();
        assert!(
            refused.len() < 4_000,
            "{} bytes of complaint",
            refused.len()
        );
    }
    // Many values that are each short enough are too long for one act.
    let row = |n: usize| Given {
        place: "log.text".to_owned(),
        value: format!("{n}{}", megabytes(1)[..15_000].to_owned()),
    };
    let words = (0..400).map(row).collect();
    let refused = phone
        .record(Doing::Edit {
            record,
            words,
            reason: None,
        })
        .unwrap_err();
    let PhoneError::Refused(Refusal::ActTooLong { limit, .. }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(limit, 48 * 1024);
    assert_eq!(phone.status().saved, 1);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_text_written_together_takes_pastes_in_parts_and_stays_writable() {
    let dir = tempfile::tempdir().unwrap();
    let mut phone = phone_in(dir.path());
    let (record, field) = minutes(&mut phone);
    let begun = Stopwatch::start();
    let refused = phone
        .splice(record, &field, None, 0, megabytes(8))
        .unwrap_err();
    let PhoneError::Refused(Refusal::Write(Refused::TooMuchAtOnce { letters, .. })) = &refused
    else {
        panic!("{refused}")
    };
    assert_eq!(*letters, 8 * 1024 * 1024 / 3);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    // Half a letter of two units is not where a text can be changed.
    phone
        .splice(record, &field, None, 0, "今日🙂".to_owned())
        .unwrap();
    let refused = phone
        .splice(record, &field, Some(3), 0, "x".to_owned())
        .unwrap_err();
    assert!(
        refused.to_string().contains("cannot be cut in half"),
        "{refused}"
    );
    let refused = phone
        .splice(record, &field, Some(usize::MAX), 0, "x".to_owned())
        .unwrap_err();
    assert!(
        refused.to_string().contains("cannot be changed at"),
        "{refused}"
    );
    let refused = phone
        .splice(record, &field, Some(0), usize::MAX, String::new())
        .unwrap_err();
    assert!(
        matches!(refused, PhoneError::Refused(Refusal::Write(_))),
        "{refused}"
    );
    // As much as fits at once, and on and on.
    phone
        .splice(record, &field, None, 0, "会".repeat(MAX_SPLICE))
        .unwrap();
    for n in 0..10 {
        phone
            .splice(record, &field, None, 0, format!("第{n}段"))
            .unwrap();
    }
    let text = phone.text_of(record, &field).unwrap();
    assert!(text.starts_with("今日🙂会") && text.ends_with("第9段"));
    assert!(
        begun.elapsed() < Duration::from_secs(120),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_line_of_a_file_that_cannot_be_played_is_named_and_what_stands_before_it_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    drop(phone_in(dir.path()));
    let good = r#"{"op":"create","id":"C1","kind":"case","body":{"source":"patrol","cause":"占道经营","offence_at":"2026-05-11T14:05:00+08:00","place":"锦华路"}}"#;
    let with = |value: &str| {
        format!(r#"{{"op":"create","id":"C2","kind":"case","body":{{"cause":"{value}"}}}}"#)
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (what, line, says) in [
        ("half an emoji", with(r"\ud83d"), "emoji"),
        ("the other half", with(r"\ude42经营"), "emoji"),
        ("ten megabytes", with(&megabytes(10)), "16 KiB"),
        ("no JSON", "{".to_owned(), "EOF"),
        ("nested deep", deep, "expected"),
        (
            "an unknown kind",
            good.replace("\"case\"", "\"drone\""),
            "drone",
        ),
        ("an unknown field", good.replace("place", "sky"), "sky"),
        (
            "a day of no year",
            good.replace("2026-05-11T14:05:00+08:00", "0000-01-01T00:00:00Z"),
            "a moment such as",
        ),
        (
            "a long id",
            good.replace("C1", &"9".repeat(200)),
            "128 bytes",
        ),
        (
            "co-text",
            r#"{"op":"insert","id":"first co-text","field":"cause","pos":9,"text":"x"}"#.to_owned(),
            "cause",
        ),
    ] {
        let path = dir.path().join("acts.jsonl");
        let first = good.replace("C1", &format!("first {what}"));
        std::fs::write(&path, format!("{first}\n{line}\n")).unwrap();
        let (status, _, complaint) = said(dir.path(), &["import", path.to_str().unwrap()]);
        assert_eq!(status, 1, "{what}: {complaint}");
        assert!(
            complaint.contains("line 2") && complaint.contains(says),
            "{what}: {complaint}"
        );
        assert!(complaint.len() < 3_000, "{what}: {} bytes", complaint.len());
        let (_, list, _) = said(dir.path(), &["list"]);
        assert!(list.contains(&format!("first {what}")), "{what}: {list}");
    }
    std::fs::write(dir.path().join("latin"), b"{}\n\xff\n").unwrap();
    let path = dir.path().join("latin");
    let output = fieldbook(dir.path(), &["import", path.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("line 2") && told.contains("UTF-8"), "{told}");
}
