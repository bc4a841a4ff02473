//! What a newer phone writes: a kind, a field, a step and a code that this server does not know.

use serde_json::Value;
use sync_core::catalogue::{Catalogue, Kind};
use sync_core::record::change::Scalar;
use sync_core::record::write::Edit;
use wardbook::export::{self, RecordFormat};
use wardbook::{read_tx, rebuild};

use super::{Scene, set, text};
use crate::http::get;
use crate::on_both_engines;

/// A kind of tomorrow.
fn drone() -> Kind {
    Kind {
        name: "drone_flight".to_owned(),
        ..Catalogue::embedded().kinds["case"].clone()
    }
}

on_both_engines! {
    async fn what_this_server_does_not_know_is_kept_passed_on_shown_and_exported(store) {
        let mut scene = Scene::new(store).await;
        let mut phone = scene.phone("stationed_officer").await;
        let step = |to: &str| Edit::Step { to: to.to_owned(), note: Some("试飞".to_owned()) };
        let (flight, act) = phone.make_of(&drone(), Some("无人机-1"), &[
            text("altitude", "坏字一百二十米"),
            set("rotors", Scalar::Int(4)),
            Edit::AddRow { field: "legs".to_owned(), cells: vec![("to".to_owned(), Scalar::Str("东街".to_owned()))] },
            step("airborne"),
        ]);
        scene.admitted(&mut phone, &[act]);
        let (case, act) = phone.make("case", Some("旧案-1"), &[
            text("source", "drone"),
            text("cause", "占道经营"),
            text("sky", "坏字晴"),
            step("teleported"),
        ]);
        scene.admitted(&mut phone, &[act]);

        for (record, shown) in [
            (flight, ["drone_flight", "坏字一百二十米", "airborne", "东街"]),
            (case, ["坏字晴", "teleported", "drone", "占道经营"]),
        ] {
            let page = scene.page(&format!("/s/S00/records/{record}"));
            for text in shown {
                assert!(page.contains(text), "{text}: {page}");
            }
        }
        let found = scene.page("/s/S00/records?q=%E6%97%A0%E4%BA%BA%E6%9C%BA-1");
        assert!(found.contains(&flight.to_string()), "{found}");
        scene.pages(&["2026-05-28"], &[]);

        // A colleague's phone gets it, byte for byte.
        let mut colleague = scene.phone("stationed_officer").await;
        colleague.catch_up(scene.server.sync);
        let changes = colleague.record(scene.server.sync, flight).fine().changes;
        assert_eq!(changes.len(), 1);

        let mut out = Vec::new();
        let into = &mut out;
        let station = &scene.station;
        read_tx!(scene.store.db, "test", async |tx| {
            export::records(tx, station, RecordFormat::Jsonl, false, &mut *into).await
        })
        .await
        .unwrap();
        let lines = String::from_utf8(out).unwrap();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let flight = lines.iter().find(|line| line["kind"] == "drone_flight").unwrap();
        assert!(flight.to_string().contains("坏字一百二十米"), "{flight}");

        for path in ["/s/S00/books/R99", "/s/S00/books/%00", "/s/S00/books/R1.pdf", "/s/S00/books/..%2f..", "/s/S%00", "/s/S00/records/%ff"] {
            let answer = get(scene.server.console, path, "Accept: text/html\r\nAccept-Language: zh\r\n");
            assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
            assert!(answer.contains("可以怎样办"), "{path}: {answer}");
        }
        read_tx!(scene.store.db, "rebuild", async |tx| rebuild::check(tx, station).await).await.unwrap();
        scene.end().await;
    }
}
