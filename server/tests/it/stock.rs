//! Whole records in and out, books out, and books computed again.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::cli::{Operator, serve};
use crate::store::block_on;
use wardbook::db::{Db, Location};

fn with_file(operator: &Operator, lines: &[Value]) -> String {
    let path = operator.path("stock.jsonl");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, text).unwrap();
    path
}

fn case(id: &str, cause: &str) -> Value {
    json!({
        "kind": "case", "id": id, "source": "patrol", "cause": cause,
        "offence_at": "2026-05-11T00:37:06.511Z", "place": "东街 3 号",
        "handlers": ["O1", "O2"],
        "log": [{"at": "2026-05-11T01:00:00.000Z", "text": "到场"}],
    })
}

fn exported(operator: &Operator) -> Vec<Value> {
    let out = operator.done(&["export", "records", "--station", "S00", "--format", "jsonl"]);
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn imported(operator: &Operator, path: &str) -> Value {
    let out = operator.done(&["import", path, "--station", "S00", "--json"]);
    serde_json::from_str(&out).unwrap()
}

/// Runs one statement behind the program's back.
fn meddle(location: &Location, sql: &'static str) {
    block_on(async {
        let db = Db::open(location, wardbook::db::Schema::Existing)
            .await
            .unwrap();
        match &db {
            Db::Sqlite(store) => {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(store.writer())
                    .await
                    .unwrap();
            }
            Db::Postgres(pool) => {
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(pool)
                    .await
                    .unwrap();
            }
        }
        db.close().await;
    });
}

fn in_and_out_and_again(operator: &Operator, location: &Location) {
    let lines = [
        case("a-1", "占道经营"),
        case("a-2", "乱堆物"),
        case("a-1", "又一次"),
    ];
    let path = with_file(operator, &lines);
    assert_eq!(
        imported(operator, &path),
        json!({"imported": 2, "skipped": 1})
    );
    assert_eq!(
        imported(operator, &path),
        json!({"imported": 0, "skipped": 3})
    );
    let records = exported(operator);
    assert_eq!(records.len(), 2);
    let mut first = lines[0].clone();
    let body = records.iter().find(|record| record["id"] == "a-1").unwrap()["body"].clone();
    for (field, value) in first.as_object_mut().unwrap() {
        assert_eq!(&body[field.as_str()], value, "{field}");
    }

    // Beside a running server as well, and a name shows where a code stood.
    let (running, _) = serve(operator);
    let more = with_file(operator, &[case("a-3", "夜间施工")]);
    assert_eq!(imported(operator, &more)["imported"], 1);
    let add = [
        "officer",
        "add",
        "--station",
        "S00",
        "--officer",
        "O1",
        "--name",
        "王芳",
    ];
    operator.done(&add);
    operator.done(&["rebuild", "--check"]);
    drop(running);

    let csv = operator.done(&[
        "export",
        "book",
        "R3",
        "--station",
        "S00",
        "--format",
        "csv",
    ]);
    assert!(csv.starts_with('\u{feff}') && csv.contains("王芳"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
    let days = ["--from", "2026-06-01", "--to", "2026-06-30"];
    let book = [
        "export",
        "book",
        "R3",
        "--station",
        "S00",
        "--format",
        "jsonl",
    ];
    assert_eq!(operator.done(&[&book[..], &days[..]].concat()), "");
    let line = operator.fails(&["export", "book", "R9", "--station", "S00"]);
    assert!(
        line.contains("there is no book R9; there are M, R1, R10, R11, R2, R3"),
        "{line}"
    );

    for (sql, named) in [
        ("UPDATE line SET cells = '{}'", "the line of record"),
        ("UPDATE record SET title = 'x'", "the row of record"),
        ("UPDATE change SET person = 'O9'", "change 0 of record"),
        ("DELETE FROM line", "lines where the log gives"),
        ("UPDATE search SET words = ''", "what is listed of record"),
        ("DELETE FROM search", "what is listed of record"),
        ("UPDATE line SET place = 7", "the place of record"),
    ] {
        meddle(location, sql);
        let line = operator.fails(&["rebuild", "--check"]);
        assert!(line.contains(named), "{line}");
        operator.done(&["rebuild"]);
        operator.done(&["rebuild", "--check"]);
    }
    operator.done(&["verify"]);
    meddle(location, "UPDATE entry SET received_at = 7 WHERE idx = 1");
    let line = operator.fails(&["verify"]);
    assert!(
        line.contains("station S00 does not verify: entry 1 is another one"),
        "{line}"
    );
}

#[test]
fn records_go_in_and_come_out_and_the_books_are_computed_again_on_sqlite() {
    let operator = Operator::with_station();
    let location = Location::File(operator.path("data/wardbook.db").into());
    in_and_out_and_again(&operator, &location);
}

#[test]
fn records_go_in_and_come_out_and_the_books_are_computed_again_on_postgres() {
    let Some((operator, store)) = Operator::on_postgres() else {
        return;
    };
    in_and_out_and_again(&operator, &store.location);
    block_on(async { store.db.close().await });
}

#[test]
fn a_line_that_cannot_be_taken_is_named_and_those_before_it_stay() {
    let operator = Operator::with_station();
    for (bad, named) in [
        (json!({"kind": "car", "id": "x"}), "there is no kind car"),
        (json!({"kind": "case"}), "id is missing"),
        (
            json!({"kind": "case", "id": "x", "colour": 1}),
            "case has no field colour",
        ),
        (json!([1]), "line 2"),
    ] {
        let path = with_file(&operator, &[case("a-1", "占道"), bad]);
        let line = operator.fails(&["import", &path, "--station", "S00"]);
        assert!(
            line.contains("line 2 of the import") && line.contains(named),
            "{line}"
        );
        assert_eq!(exported(&operator).len(), 1);
    }
}

#[test]
fn a_catalogue_folder_is_checked_and_holds_from_the_start_it_was_given_at() {
    let operator = Operator::with_station();
    let overlay = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/data/officers-day/catalogue"
    );
    let said = operator.done_plain(&["catalogue", "check", overlay]);
    assert!(said.contains("books without mistakes"), "{said}");
    let folder = operator.path("bad");
    std::fs::create_dir_all(format!("{folder}/kinds")).unwrap();
    std::fs::write(format!("{folder}/kinds/x.toml"), "kind = 3\n").unwrap();
    let output = operator.run_plain(&["catalogue", "check", &folder]);
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.contains("kinds/x.toml:1: "), "{lines}");

    let path = with_file(&operator, &[json!({"kind": "visit", "id": "v-1"})]);
    let line = operator.fails(&["import", &path, "--station", "S00"]);
    assert!(line.contains("there is no kind visit"), "{line}");
    let base = operator.path("stock.jsonl");
    with_file(&operator, &[case("a-1", "占道")]);
    imported(&operator, &base);
    let running = operator.serve_with(&["--catalogue", overlay]);
    with_file(&operator, &[json!({"kind": "visit", "id": "v-1"})]);
    imported(&operator, &base);
    drop(running);
    operator.done(&["rebuild", "--check"]);
    operator.done(&["verify"]);
}
