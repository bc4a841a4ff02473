//! The demo: its numbers are what its scenario says, and the export shows every act.

use std::collections::BTreeSet;

use serde_json::Value;
use sync_core::ids::DeviceId;
use wardbook::demo::{self, Does, Event, Place, Scenario};
use wardbook::export::{self, RecordFormat};
use wardbook::{args, read_tx, sql};

use crate::cli::Operator;
use crate::on_both_engines;
use crate::store::{TestStore, block_on};

on_both_engines! {
    async fn a_morning_comes_to_what_its_scenario_says(store) {
        let scenario = Scenario::morning();
        let folder = tempfile::TempDir::new().unwrap();
        let place = Place {
            db: store.db.clone(),
            data: store.data.clone(),
            phones: folder.path().to_owned(),
        };
        let mut told = 0;
        let merged = demo::play(&scenario, place, &store.clock, &mut |_| told += 1).await.unwrap();
        merged.check(&scenario).unwrap();
        assert_eq!(told, scenario.events.len());

        let (mut records, mut acts, mut held) = (Vec::new(), BTreeSet::new(), Vec::new());
        let station = &merged.station;
        let rows = read_tx!(store.db, "test", async |tx| {
            records.clear();
            export::records(tx, station, RecordFormat::Jsonl, false, &mut records).await?;
            let changes = tx.fetch_all(sql!("change_range"), args![station, 0_i64, i64::MAX]).await?;
            Ok((changes, tx.fetch_all(sql!("held_list"), args![station, "held"]).await?))
        });
        let (changes, kept) = rows.await.unwrap();
        for row in &changes {
            acts.insert((row.bytes::<16>("device").unwrap(), row.count("act_n").unwrap()));
        }
        for row in &kept {
            held.push((
                row.get::<String>("person").unwrap(),
                row.get::<String>("code").unwrap(),
                DeviceId(row.bytes("device").unwrap()),
            ));
        }
        assert_eq!(acts.len() as u64, scenario.expect.registered);
        assert_eq!(held.len(), 1);
        assert_eq!((held[0].0.as_str(), held[0].1.as_str()), ("CG0103", "forbidden"));

        // What each act wrote stands in the export.
        let text = String::from_utf8(records).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_kind = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
        let kinds = ["case", "duty_day", "patrol", "finding", "reception"];
        assert_eq!(kinds.map(of_kind), [2, 3, 2, 4, 3]);
        let named = |field: &str, value: &str| {
            let found = lines.iter().find(|line| line["body"][field] == value);
            found.unwrap_or_else(|| panic!("no {field} {value}: {text}"))
        };
        let wall = named("cause", "损坏房屋承重结构");
        let mut levels: Vec<&str> =
            wall["conflicts"]["level"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        levels.sort_unstable();
        assert_eq!(levels, ["l0_station", "l1_squad"]);
        assert_eq!(wall["body"]["log"].as_array().unwrap().len(), 2);
        let patrol = named("route", "锦华苑3—5号楼");
        assert_eq!(patrol["body"]["track"].as_array().unwrap().len(), 14);
        for handover in ["路灯不亮", "6号楼顶搭建已报中队"] {
            assert!(text.contains(handover), "{handover}");
        }
        let numbers = store.db.fetch_all(sql!("number_list"), args![station]).await.unwrap();
        assert_eq!(numbers.len(), 1);
        let number: String = numbers[0].get("text").unwrap();
        assert!(number.starts_with("锦华案〔") && number.ends_with("〕第0001号"), "{number}");
        merged.server.stop().await;
    }
}

#[test]
fn acts_that_stay_on_a_phone_count_as_lost() {
    block_on(async {
        let (store, folder) = (TestStore::sqlite().await, tempfile::TempDir::new().unwrap());
        let mut scenario = Scenario::morning();
        let never_back = |event: &Event| {
            let late = event.at > jiff::civil::time(11, 30, 0, 0);
            !(late && event.who.as_str() == "CG0103" && matches!(event.does, Does::Sync))
        };
        scenario.events.retain(never_back);
        let place = Place {
            db: store.db.clone(),
            data: store.data.clone(),
            phones: folder.path().to_owned(),
        };
        let merged = demo::play(&scenario, place, &store.clock, &mut |_| {})
            .await
            .unwrap();
        // The review, the reception and the hand-over; and the duty day that the hand-over is a
        // part of, because the export does not print it as the phone reads it.
        assert_eq!((merged.numbers.saved, merged.numbers.lost), (24, 4));
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
    let expect = serde_json::to_value(Scenario::morning().expect).unwrap();
    for (name, number) in expect.as_object().unwrap() {
        assert_eq!(&said[name], number, "{name}");
    }
    assert!(said["seconds"].as_f64().unwrap() > 0.0);
}
