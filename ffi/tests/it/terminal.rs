//! What the terminal phone says, with which exit status.

use std::path::Path;
use std::process::{Command, Output};

use sync_core::catalogue::Catalogue;

use crate::station::join;

pub fn fieldbook(store: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fieldbook"))
        .env("LC_ALL", "C.UTF-8")
        .arg("--store")
        .arg(store)
        .args(words)
        .output()
        .unwrap()
}

/// Exit status, standard output, the one line on standard error.
pub fn said(store: &Path, words: &[&str]) -> (i32, String, String) {
    let output = fieldbook(store, words);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, complaint) = (text(output.stdout), text(output.stderr));
    assert!(complaint.lines().count() <= 1, "{complaint}");
    (output.status.code().unwrap(), out, complaint)
}

pub const CASE: [&str; 7] = [
    "record",
    "case",
    "source=patrol",
    "cause=占道经营",
    "offence_at=2026-05-11 14:05",
    "place=城站路",
    "log.text=到场",
];

#[test]
fn wrong_words_end_with_two_and_one_line_that_says_what_would_do() {
    let dir = tempfile::tempdir().unwrap();
    drop(join(
        dir.path(),
        Catalogue::embedded(),
        &["stationed_officer"],
    ));
    for (words, line) in [
        (
            vec!["record", "cas"],
            "there is no kind cas; did you mean case?",
        ),
        (
            vec!["record", "case", "cuase=x"],
            "case has no field cuase; did you mean cause?",
        ),
        (vec!["record", "case", "cause"], "cause is no field=value"),
        (
            vec!["record", "case", "offence_at=gestern"],
            "offence_at takes a moment",
        ),
        (
            vec!["record", "case", "log=x"],
            "log has rows: write log.CELL=value",
        ),
        (vec!["reocrd"], "unrecognized subcommand"),
        (vec!["sync"], "which server?"),
    ] {
        let (status, _, complaint) = said(dir.path(), &words);
        assert_eq!(status, 2, "{words:?}: {complaint}");
        assert!(complaint.contains(line), "{words:?}: {complaint}");
    }
}

#[test]
fn a_phone_that_is_not_there_is_named_with_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    let (status, _, complaint) = said(&dir.path().join("none"), &["status"]);
    assert_eq!(status, 1);
    assert!(complaint.contains("join CODE"), "{complaint}");
    assert!(!dir.path().join("none").exists());
}

#[test]
fn a_join_code_with_a_mistake_is_told_before_anybody_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let code = crate::station::code();
    let mistyped = format!(
        "{}{}",
        &code[..code.len() - 1],
        if code.ends_with('0') { '1' } else { '0' }
    );
    let letter = format!("{}U", &code[..code.len() - 1]);
    for (code, line) in [
        (mistyped.as_str(), "typing mistake"),
        (letter.as_str(), "U is in no join code"),
        ("S00-7K3QF-M2XWD-9TBHA", "from an earlier release"),
    ] {
        // Nobody listens there: it would be told otherwise.
        let words = ["join", code, "--server", "http://127.0.0.1:9"];
        let (status, _, complaint) = said(dir.path(), &words);
        assert_eq!(status, 1, "{complaint}");
        assert!(complaint.contains(line), "{complaint}");
    }
    let words = [
        "join",
        &code,
        "--server",
        "http://127.0.0.1:9",
        "--station",
        "S01",
    ];
    let (_, _, complaint) = said(dir.path(), &words);
    assert!(
        complaint.contains("the code is for station S00"),
        "{complaint}"
    );
}

#[test]
fn a_record_is_saved_edited_stepped_and_shown_with_its_history() {
    let dir = tempfile::tempdir().unwrap();
    drop(join(
        dir.path(),
        Catalogue::embedded(),
        &["stationed_officer"],
    ));
    let (status, out, complaint) = said(dir.path(), &CASE);
    assert_eq!((status, complaint.as_str()), (0, ""));
    let record = out.lines().nth(1).unwrap().to_owned();
    let begin = &record[..8];
    for words in [
        vec!["edit", begin, "place=民族大道", "log[1].text=到场，劝离"],
        vec!["step", begin, "lead"],
        vec!["settle", begin, "place=x"],
        vec!["status", "--json"],
    ] {
        let (status, out, complaint) = said(dir.path(), &words);
        match words[0] {
            "settle" => {
                assert_eq!(status, 1);
                assert!(complaint.contains("not in conflict"), "{complaint}");
            }
            "status" => assert_eq!(
                out,
                "{\"saved\":3,\"sent\":0,\"registered\":0,\"held\":0,\"anew\":0,\"alarm\":null}\n"
            ),
            _ => assert_eq!((status, complaint.as_str()), (0, ""), "{words:?}"),
        }
    }
    let (_, shown, _) = said(dir.path(), &["show", begin]);
    for line in [
        "民族大道",
        "earlier: 城站路",
        "earlier: 到场",
        "happened  2026-05-11 14:05:00",
        "saved",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}

#[test]
fn a_store_of_another_process_and_a_copied_store_are_refused_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let phone = join(dir.path(), Catalogue::embedded(), &["stationed_officer"]);
    let (status, _, complaint) = said(dir.path(), &["status"]);
    assert_eq!(status, 1);
    assert!(complaint.contains("another process"), "{complaint}");
    drop(phone);
    std::fs::write(dir.path().join("incarnation"), "elsewhere").unwrap();
    assert_eq!(said(dir.path(), &["list"]).0, 0);
    let (status, _, complaint) = said(dir.path(), &CASE);
    assert_eq!(status, 1);
    assert!(complaint.contains("is a copy"), "{complaint}");
    assert!(complaint.contains("fieldbook join CODE"), "{complaint}");
    let (status, out, _) = said(dir.path(), &["status"]);
    assert_eq!(status, 0);
    assert!(out.contains("everything on it is kept"), "{out}");
}

#[test]
fn a_phone_without_alarms_says_so_and_has_none_to_clear() {
    let dir = tempfile::tempdir().unwrap();
    drop(join(
        dir.path(),
        Catalogue::embedded(),
        &["stationed_officer"],
    ));
    assert_eq!(said(dir.path(), &["alarms"]).1, "there were no alarms\n");
    let (status, _, complaint) = said(dir.path(), &["alarms", "--clear"]);
    assert_eq!(status, 1);
    assert!(complaint.contains("no alarm"), "{complaint}");
}

#[test]
fn a_handler_of_this_very_act_is_told_to_take_the_step_with_the_next() {
    let dir = tempfile::tempdir().unwrap();
    drop(join(
        dir.path(),
        Catalogue::embedded(),
        &["stationed_officer"],
    ));
    let mut words = CASE.to_vec();
    words.extend([
        "party=张三丰",
        "party_kind=individual_business",
        "handlers=O0000",
        "handlers=O0001",
        "procedure=summary",
        "--step",
        "lead",
        "--step",
        "filing_review",
    ]);
    let (status, _, complaint) = said(dir.path(), &words);
    assert_eq!(status, 1);
    assert!(
        complaint.contains("fieldbook step RECORD filing_review"),
        "{complaint}"
    );
    words.truncate(words.len() - 2);
    let (status, out, complaint) = said(dir.path(), &words);
    assert_eq!((status, complaint.as_str()), (0, ""));
    let record = out.lines().nth(1).unwrap();
    assert_eq!(said(dir.path(), &["step", record, "filing_review"]).0, 0);
}

#[test]
fn what_one_phone_gives_another_takes_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("a");
    drop(join(&store, Catalogue::embedded(), &["stationed_officer"]));
    assert_eq!(said(&store, &CASE).0, 0);
    let package = dir.path().join("package");
    let path = package.to_str().unwrap();
    assert_eq!(said(&store, &["give", path]).0, 0);
    // Its own package brings a phone nothing.
    let (status, out, _) = said(&store, &["take", path]);
    assert_eq!(status, 0);
    assert!(out.starts_with("0 envelopes taken"), "{out}");
    std::fs::write(&package, "something else").unwrap();
    let (status, _, complaint) = said(&store, &["take", path]);
    assert_eq!(status, 1);
    assert!(complaint.contains("no package"), "{complaint}");
}

#[test]
fn numbers_are_asked_for_listed_and_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    drop(join(
        dir.path(),
        Catalogue::embedded(),
        &["stationed_officer"],
    ));
    let (status, out, _) = said(dir.path(), &["numbers"]);
    assert_eq!(status, 0);
    assert!(out.contains("fieldbook numbers ask"), "{out}");
    let (status, out, _) = said(dir.path(), &["numbers", "ask"]);
    assert_eq!(status, 0);
    assert!(out.contains("sync while there is a signal"), "{out}");
    let (_, out, _) = said(dir.path(), &["numbers"]);
    assert!(out.contains("not given yet: sync"), "{out}");
    let (_, out, _) = said(dir.path(), &["numbers", "--json"]);
    assert!(
        out.contains("\"free\":[]") && out.contains("\"range\":null"),
        "{out}"
    );
    for (words, line) in [
        (
            ["numbers", "void", "000001", "spoilt"],
            "no free number of this phone",
        ),
        (
            ["numbers", "return", "000001", "moved on"],
            "no block of this phone",
        ),
        (["numbers", "return", "000001", " "], "say why"),
    ] {
        let (status, _, complaint) = said(dir.path(), &words);
        assert_eq!(status, 2, "{complaint}");
        assert!(complaint.contains(line), "{complaint}");
    }
    let (status, _, complaint) = said(dir.path(), &["numbers", "ask", "--form", "parking"]);
    assert_eq!(status, 2);
    assert!(complaint.contains("on_spot_decision"), "{complaint}");
}
