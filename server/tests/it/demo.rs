//! The demo: its numbers are what its scenario says, and books and export show every act.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sync_core::catalogue::{Catalogue, Language};
use sync_core::gate::Code;
use sync_core::ids::PersonId;
use wardbook::demo::{self, Does, Event, Merged, Place, Scenario};
use wardbook::export::{self, Format, RecordFormat, Wanted};
use wardbook::station::Station;
use wardbook::{args, read_tx, sql};

use crate::cli::Operator;
use crate::http::get;
use crate::on_both_engines;
use crate::store::{TestStore, block_on};

/// What no row can fill yet: no page of a book can be reviewed. The forms print a slash.
const UNFILLED: [&str; 3] = ["R1/reviewer", "R3/reviewer", "R4/reviewer"];

async fn play(
    scenario: &Scenario,
    store: &TestStore,
    folder: &tempfile::TempDir,
) -> (Merged, usize) {
    let place = Place {
        db: store.db.clone(),
        data: store.data.clone(),
        phones: folder.path().to_owned(),
    };
    let mut told = 0;
    let merged = demo::play(scenario, place, &store.clock, &mut |_| told += 1).await;
    (merged.unwrap(), told)
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

on_both_engines! {
    async fn a_day_comes_to_what_its_scenario_says_and_fills_every_column(store) {
        let (scenario, folder) = (Scenario::day(), tempfile::TempDir::new().unwrap());
        let (merged, told) = play(&scenario, &store, &folder).await;
        merged.check(&scenario).unwrap();
        assert_eq!(told, scenario.events.len());
        assert_eq!(merged.cuts, scenario.cuts());
        acts_are_admitted_once_or_held(&scenario, &merged, &store).await;
        a_forged_act_is_held_and_harms_nobody(&merged, &store).await;
        the_export_shows_what_was_written(&scenario, &merged, &store).await;
        every_column_is_filled(&merged, &store).await;
        merged.server.stop().await;
    }
}

async fn acts_are_admitted_once_or_held(scenario: &Scenario, merged: &Merged, store: &TestStore) {
    let station = &merged.station;
    let rows = read_tx!(store.db, "test", async |tx| {
        let server = Station::find(tx, station).await?.server_device;
        let changes = args![station, 0_i64, i64::MAX];
        let changes = tx.fetch_all(sql!("change_range"), changes).await?;
        Ok((
            server,
            changes,
            tx.fetch_all(sql!("held_list"), args![station, "held"])
                .await?,
        ))
    });
    let (server, changes, kept) = rows.await.unwrap();
    let acts: BTreeSet<_> = changes
        .iter()
        .map(|row| {
            (
                row.bytes::<16>("device").unwrap(),
                row.count("act_n").unwrap(),
            )
        })
        .filter(|(device, _)| *device != server.0)
        .collect();
    assert_eq!(acts.len() as u64, scenario.expect.registered);
    let held: BTreeSet<(String, String, String)> = kept
        .iter()
        .map(|row| {
            let said = |column| row.get(column).unwrap();
            (said("person"), said("code"), said("detail"))
        })
        .collect();
    let held: Vec<_> = held.iter().map(|(a, b, c)| (&**a, &**b, &**c)).collect();
    assert_eq!(
        held,
        [
            ("CG0103", "forbidden", "reviewed"),
            ("CG0108", "another_person", "no_penalty")
        ]
    );
}

/// The chief reads who sent it and what it claims; the case goes on as if it had never been, and
/// what the same phone said honestly stands.
async fn a_forged_act_is_held_and_harms_nobody(merged: &Merged, store: &TestStore) {
    let headers = "Accept: text/html\r\nAccept-Language: zh\r\n";
    let page = get(merged.address(), "/s/JH01/held", headers);
    let sentence = Code::AnotherPerson.explain(Language::Zh);
    let items: Vec<&str> = page.split(sentence).collect();
    assert_eq!(items.len(), 2, "{page}");
    for said in ["何勇", "不予处罚", "楼顶违法搭建"] {
        assert!(items[1].contains(said), "{said}: {page}");
    }
    let lines = exported(merged, store).await;
    let roof = lines
        .iter()
        .find(|line| line["body"]["cause"] == "楼顶违法搭建");
    let roof = roof.unwrap();
    assert_eq!(roof["state"], "draft_decision");
    assert!(!roof.to_string().contains("no_penalty"));
    // Nor what the phone had called saved in its place.
    assert!(!roof.to_string().contains("停工告知"));
    let own = lines
        .iter()
        .filter(|line| line["steps"][0]["by"] == "CG0108");
    assert_eq!(own.count(), 2, "a patrol and a finding");
    let dumping = lines
        .iter()
        .find(|line| line["body"]["cause"] == "随意倾倒建筑垃圾");
    let dumping = dumping.unwrap();
    let steps = dumping["steps"].as_array().unwrap();
    let taken = |to: &str| steps.iter().find(|step| step["to"] == to).unwrap();
    assert_eq!(taken("decided")["by"], "CG0101");
    assert_eq!(taken("served")["by"], "CG0105");
    assert_eq!(dumping["state"], "closed");
}

async fn exported(merged: &Merged, store: &TestStore) -> Vec<Value> {
    let mut records = Vec::new();
    read_tx!(store.db, "test", async |tx| {
        records.clear();
        export::records(
            tx,
            &merged.station,
            RecordFormat::Jsonl,
            false,
            &mut records,
        )
        .await
    })
    .await
    .unwrap();
    json_lines(&records)
}

async fn the_export_shows_what_was_written(
    scenario: &Scenario,
    merged: &Merged,
    store: &TestStore,
) {
    let lines = exported(merged, store).await;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &scenario.events {
        if let Does::Create(create) = &event.does {
            *kinds.entry(&create.kind).or_default() += 1;
        }
    }
    let all = Catalogue::embedded().kinds.keys().map(String::as_str);
    // A posted card is made at the station, not on a phone.
    let written: BTreeSet<&str> = all.filter(|kind| *kind != "contact_card").collect();
    let made: BTreeSet<&str> = kinds.keys().copied().collect();
    assert_eq!(made, written, "a kind that nobody makes");
    for (kind, made) in kinds {
        let there = lines.iter().filter(|line| line["kind"] == kind).count();
        assert_eq!(there, made, "{kind}");
    }
    let named = |field: &str, value: &str| {
        let found = lines.iter().find(|line| line["body"][field] == value);
        found.unwrap_or_else(|| panic!("no {field} {value}"))
    };
    // What two wrote without knowing of each other stands side by side until it is settled.
    let wall = named("cause", "损坏房屋承重结构");
    let levels = wall["conflicts"]["level"].as_array().unwrap().iter();
    let levels: BTreeSet<&str> = levels.map(|level| level.as_str().unwrap()).collect();
    assert_eq!(levels, BTreeSet::from(["l0_station", "l1_squad"]));
    let wires = named("description", "一层窗口私拉电线为电动车充电，责令改正。");
    let settled = merged.day.checked_add(jiff::Span::new().days(5)).unwrap();
    assert_eq!(wires["body"]["deadline"], settled.to_string());
    assert_eq!(wires["conflicts"]["deadline"], Value::Null);
    assert_eq!(
        named("route", "锦华苑3—5号楼")["body"]["track"]
            .as_array()
            .unwrap()
            .len(),
        14
    );
    // Four wrote one text at once, and no letter is missing.
    let minutes = named("meeting_kind", "M5");
    let reports = minutes["body"]["reports"].as_str().unwrap();
    let written: Vec<&str> = scenario
        .events
        .iter()
        .filter_map(|event| match &event.does {
            Does::Write(write) if write.field == "reports" && write.after.is_none() => {
                Some(write.text.trim())
            }
            _ => None,
        })
        .collect();
    assert_eq!(written.len(), 4);
    let reports = reports.replace("（比上季度少4件）", "");
    let mut found: Vec<&str> = reports.lines().collect();
    let mut wanted = written;
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

async fn every_column_is_filled(merged: &Merged, store: &TestStore) {
    let station = &merged.station;
    let mut unfilled = Vec::new();
    for book in Catalogue::embedded()
        .books
        .values()
        .filter(|book| book.has_pages())
    {
        let wanted = Wanted {
            book: &book.name,
            from: None,
            to: None,
            format: Format::Jsonl,
            language: Language::Zh,
            masked: false,
            now: merged.server.app.clock.now_ms(),
        };
        let mut out = Vec::new();
        read_tx!(store.db, "test", async |tx| {
            out.clear();
            export::book(tx, station, &wanted, &mut out).await
        })
        .await
        .unwrap();
        let rows = json_lines(&out);
        assert!(!rows.is_empty(), "{}", book.name);
        for column in &book.columns {
            let is_filled = |row: &Value| match column.id.as_str() {
                "#" => row["serial"].is_number(),
                "number" => row["number"].is_string(),
                id => {
                    // One string where both languages say the same.
                    let text = &row["columns"][id]["text"];
                    let text = text.as_str().or(text["zh"].as_str()).unwrap_or_default();
                    !matches!(text.trim(), "" | "0")
                }
            };
            if !rows.iter().any(is_filled) {
                unfilled.push(format!("{}/{}", book.name, column.id));
            }
        }
    }
    assert_eq!(unfilled, UNFILLED);
    UNFILLED.iter().for_each(|column| is_struck(merged, column));
}

/// An empty box of a form is struck out: the page draws the slash in cells of this class.
fn is_struck(merged: &Merged, column: &str) {
    let (book, id) = column.split_once('/').unwrap();
    let columns = &Catalogue::embedded().books[book].columns;
    let column = columns.iter().find(|column| column.id == id).unwrap();
    let path = format!("/s/JH01/books/{book}?day={}", merged.day);
    let headers = "Accept: text/html\r\nAccept-Language: zh\r\n";
    let page = get(merged.address(), &path, headers);
    let cells = format!("data-label=\"{}\"", column.label.zh);
    let struck = format!("class=\"blank\" {cells}");
    let cells = page.matches(&cells).count();
    assert!(cells > 1, "{path}: {page}");
    assert_eq!(page.matches(&struck).count(), cells, "{path}");
}

#[test]
fn acts_that_stay_on_a_phone_count_as_lost() {
    block_on(async {
        let (store, folder) = (TestStore::sqlite().await, tempfile::TempDir::new().unwrap());
        let mut scenario = Scenario::day();
        let away = PersonId::new("CG0106").unwrap();
        let never_back = |event: &Event| {
            let syncs = matches!(event.does, Does::Sync | Does::SyncCutAfter(_));
            !(syncs && event.who == away)
        };
        scenario.events.retain(never_back);
        let kept = scenario.acts_of(&away);
        let (merged, _) = play(&scenario, &store, &folder).await;
        assert!(kept > 0);
        assert_eq!(merged.numbers.lost, kept);
        assert!(merged.check(&scenario).is_err());
        merged.server.stop().await;
    });
}

#[test]
fn the_command_ends_after_the_merge_with_one_line_of_json() {
    let operator = Operator::new();
    let out = operator.done_plain(&["demo", "--exit", "--json"]);
    assert_eq!(out.lines().count(), 1, "{out}");
    let said: Value = serde_json::from_str(&out).unwrap();
    let expect = serde_json::to_value(Scenario::day().expect).unwrap();
    for (name, number) in expect.as_object().unwrap() {
        assert_eq!(&said[name], number, "{name}");
    }
    assert_eq!(
        said.as_object().unwrap().len(),
        expect.as_object().unwrap().len() + 1
    );
    assert!(said["seconds"].as_f64().unwrap() > 0.0);
}
