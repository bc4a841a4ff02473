//! Codes that hold no more: join codes, and names that hide something.

use std::net::SocketAddr;

use serde_json::Value;
use sync_core::letters::is_unseen;

use crate::cli::Operator;
use crate::phone::Phone;

fn invited(operator: &Operator, officer: &str) -> String {
    let out = operator.done(&["invite", "--station", "S00", "--officer", officer]);
    out.lines().next().unwrap().to_owned()
}

fn list(operator: &Operator, all: bool) -> Vec<Value> {
    let mut words = vec!["invite", "--list", "--station", "S00", "--json"];
    words.extend(all.then_some("--all"));
    let list: Value = serde_json::from_str(&operator.done(&words)).unwrap();
    list["invites"].as_array().unwrap().clone()
}

#[test]
fn a_code_that_was_withdrawn_lets_nobody_in_and_says_what_to_do() {
    let operator = Operator::with_station();
    let (lost, used, third) = (
        invited(&operator, "O0001"),
        invited(&operator, "O0002"),
        invited(&operator, "O0003"),
    );
    let open = list(&operator, false);
    assert_eq!(open.len(), 3);
    assert!(
        !open.iter().any(|one| one.to_string().contains(&lost)),
        "no list shows a code"
    );

    // One that is at hand is withdrawn by itself, one that was lost by its id.
    let withdraw =
        |code: &str| ["invite", "--withdraw", code, "--station", "S00"].map(str::to_owned);
    let done = |code: &str| {
        let words = withdraw(code);
        operator.done(&words.each_ref().map(String::as_str))
    };
    let fails = |code: &str| {
        let words = withdraw(code);
        operator.fails(&words.each_ref().map(String::as_str))
    };
    assert!(done(&lost).contains("O0001"));
    let of_third = open.iter().find(|one| one["officer"] == "O0003").unwrap();
    assert!(done(of_third["id"].as_str().unwrap()).contains("O0003"));

    let (_running, address) = operator.serve_with(&[]);
    let address: SocketAddr = address.parse().unwrap();
    for code in [&lost, &third] {
        let problem = Phone::new(1)
            .try_join(address, code)
            .problem("invite_expired");
        assert!(
            problem["title"].as_str().unwrap().contains("withdrawn"),
            "{problem}"
        );
        assert_eq!(problem["what_to_do"], "Ask for a new one.");
    }
    Phone::new(2).join(address, &used);
    assert!(fails(&used).contains("was used or has expired already"));
    assert!(fails(&lost).contains("invite --list --all"));
    for unknown in [
        "S00-00000-00000-00000",
        "S01-00000-00000-00000",
        "0123456789ab",
        "x",
        "",
    ] {
        assert!(
            fails(unknown).contains("the join code is not known"),
            "{unknown}"
        );
    }
    assert_eq!(list(&operator, false).len(), 0);
    let all = list(&operator, true);
    assert_eq!(all.iter().filter(|one| one["used_at"].is_i64()).count(), 1);
    let lines = operator.done(&["invite", "--list", "--station", "S00", "--all"]);
    assert_eq!(
        lines.lines().filter(|line| line.contains("ended ")).count(),
        2,
        "{lines}"
    );
}

#[test]
fn a_name_that_nobody_could_read_is_wrong_use_and_told_without_being_obeyed() {
    let operator = Operator::with_station();
    let long = "长".repeat(81);
    for name in ["张\u{202e}三", "\u{1b}[2J", "\u{200b}", "两\n行", "", &long] {
        for words in [
            vec![
                "officer",
                "add",
                "--station",
                "S00",
                "--officer",
                "O9",
                "--name",
                name,
            ],
            vec!["station", "rename", name, "--station", "S00"],
            vec!["init", "--station", "S01", "--name", name],
            vec![
                "officer",
                "add",
                "--station",
                "S00",
                "--officer",
                name,
                "--name",
                "黄秋",
            ],
        ] {
            let output = operator.run(&words);
            assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(!told.contains(is_unseen) && told.len() < 2_000, "{told}");
        }
    }
    assert_eq!(operator.done(&["officer", "list", "--station", "S00"]), "");
}
