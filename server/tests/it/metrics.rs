//! What phones recorded comes out as metrics: on the page, in both files, after a rebuild, and
//! with as little memory for many records as for few.

use serde_json::Value;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};
use wardbook::http::Limits;
use wardbook::metrics::{count, span};
use wardbook::{args, export, read_tx, rebuild, sql, write_tx};

use crate::http::{Server, get};
use crate::on_both_engines;
use crate::phone::Phone;
use crate::store::TestStore;

const HOUR: i64 = 3_600_000;

fn set(field: &str, value: Scalar) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.to_owned()),
        value,
    }
}

fn text(field: &str, value: &str) -> Edit {
    set(field, Scalar::Str(value.to_owned()))
}

fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.to_owned(),
        note: None,
    }
}

fn finding(at: i64, committee: &str) -> Vec<Edit> {
    vec![
        Edit::Add {
            field: "category".to_owned(),
            value: Scalar::Str("X07".to_owned()),
        },
        text("place", "3号楼"),
        text("committee", committee),
        set("first_observed", Scalar::Int(at)),
        step("found"),
    ]
}

/// A station at which one officer held a session of two hours and found two problems, one fixed.
async fn recorded(store: &TestStore) -> (Server, sync_core::ids::StationId) {
    let station = store.station("S00").await;
    let server = Server::start(store, Limits::default()).await;
    let code = store.code(&station, "O0001", "stationed_officer").await;
    let mut phone = Phone::new(1);
    phone.join(server.sync, &code);
    let now = phone.now;
    let (_, session) = phone.make(
        "service_session",
        None,
        &[
            text("room", "锦华工作室"),
            set("in_at", Scalar::Int(now - 2 * HOUR)),
            text("in_method", "qr"),
            set("out_at", Scalar::Int(now)),
            text("out_method", "qr"),
            set("visitors", Scalar::Int(4)),
            step("signed_out"),
        ],
    );
    let (_, open) = phone.make("finding", None, &finding(now - HOUR, "锦华居委会"));
    let (record, found) = phone.make("finding", None, &finding(now - HOUR, "锦华居委会"));
    let fixed = phone.edit(
        record,
        &[found.parts[0].change.clone()],
        &[step("persuaded"), step("verified_fixed")],
    );
    let envelope = phone.close(&[session, open, found, fixed]);
    phone.sync(server.sync, std::slice::from_ref(&envelope));
    assert!(phone.outcome(&envelope).held.is_empty());
    (server, station)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

fn metric<'v>(file: &'v Value, name: &str) -> &'v Value {
    let mut metrics = file["metrics"].as_array().unwrap().iter();
    metrics.find(|metric| metric["measure"] == name).unwrap()
}

on_both_engines! {
    async fn what_was_recorded_stands_on_the_page_and_in_the_files(store) {
        let (server, _) = recorded(&store).await;
        let at = server.sync;
        let page = get(at, "/s/S00/metrics", "Accept-Language: zh\r\n");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        for shown in ["新增 2 项，其中未销 1 项", "驻点 1 次", "服务 4 人次", "锦华居委会", "O0001"] {
            assert!(page.contains(shown), "{shown} in {page}");
        }
        let json: Value = serde_json::from_str(body(&get(at, "/s/S00/metrics.json", ""))).unwrap();
        let new = metric(&json, "new_standing");
        assert_eq!(new["figure"]["growth"], serde_json::json!({ "found": 2, "standing": 1 }));
        assert_eq!(new["met"], false);
        assert_eq!(metric(&json, "satisfied")["text"], Value::Null);
        assert_eq!(json["officers"][0]["minutes"], 120);
        let csv = get(at, "/s/S00/lists/metrics.csv?lang=en", "");
        assert!(csv.contains("Entries that state evidence,0.0%,0,2,"), "{csv}");
        assert!(csv.contains("Satisfaction,—,0,0,"), "{csv}");
        server.stop().await;
    }

    async fn a_period_that_is_none_is_told_so(store) {
        let (server, _) = recorded(&store).await;
        for query in ["from=2026-05-02&to=2026-05-01", "from=%3Cb%3E", "from=1990-01-01&to=2026-05-01"] {
            let answer = get(server.sync, &format!("/s/S00/metrics?{query}"), "Accept-Language: en\r\n");
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
            assert!(answer.contains("make no period"), "{answer}");
        }
        let past = get(server.sync, "/s/S00/metrics?from=2019-02-01", "Accept-Language: en\r\n");
        assert!(past.contains("1 Feb 2019") && past.contains("0 standing of 0 found"), "{past}");
        server.stop().await;
    }

    async fn a_rebuild_counts_the_same_and_the_facts_are_no_page(store) {
        let (server, station) = recorded(&store).await;
        let hidden = get(server.sync, "/s/S00/books/M", "");
        assert!(hidden.starts_with("HTTP/1.1 404"), "{hidden}");
        let overview = get(server.sync, "/s/S00", "");
        assert!(overview.contains("/s/S00/metrics") && !overview.contains("/books/M\""));
        let before = exported(&store, &station).await;
        let rebuilt = write_tx!(store.db, "test", async |tx| {
            rebuild::check(tx, &station).await?;
            rebuild::rewrite(tx, &station).await
        }).await.unwrap();
        assert_eq!(rebuilt.records, 3);
        assert_eq!(exported(&store, &station).await, before);
        server.stop().await;
    }

    async fn many_lines_pass_through_in_parts(store) {
        let (server, station) = recorded(&store).await;
        // The line of the open finding, under a few thousand other records.
        write_tx!(store.db, "test", async |tx| {
            let rows = tx.fetch_all(sql!("line_by_book"), args![&station, "M"]).await?;
            let open = rows.iter().find_map(|row| {
                let cells: String = row.get("cells").ok()?;
                let is_open = cells.contains("finding") && !cells.contains("verified_fixed");
                is_open.then_some(cells)
            }).unwrap();
            let line: Value = serde_json::from_str(&open).unwrap();
            let old = line["record"].as_str().unwrap();
            for n in 1..=2_500u16 {
                let mut record = sync_core::ids::RecordId([7; 16]);
                record.0[..2].copy_from_slice(&n.to_be_bytes());
                let new = record.to_string();
                let cells = open.replace(old, &new);
                let values = args![
                    &station, "M", &record, &new, Some("2026-05-11"), "O0001", "", &cells
                ];
                tx.exec(sql!("line_insert"), values).await?;
            }
            Ok(())
        }).await.unwrap();
        let report = read_tx!(store.db, "test", async |tx| {
            let shown = export::around(tx, &station).await?;
            let now = store.clock.now_ms();
            let span = span(None, None, now, shown.offset())?;
            count(tx, &station, &shown, span, now).await
        }).await.unwrap();
        let new = report.metric(sync_core::metrics::Measure::NewStanding).unwrap();
        assert_eq!(new.figure, sync_core::metrics::Figure::Growth { found: 2_502, standing: 2_501 });
        assert_eq!((new.behind.all, new.behind.records.len()), (2_501, 50));
        server.stop().await;
    }
}

async fn exported(store: &TestStore, station: &sync_core::ids::StationId) -> Vec<u8> {
    let mut out = Vec::new();
    read_tx!(store.db, "test", async |tx| {
        let language = sync_core::catalogue::Language::Zh;
        let now = store.clock.now_ms();
        export::metrics(tx, station, (None, None), now, language, &mut out).await
    })
    .await
    .unwrap();
    assert!(!out.is_empty());
    out
}
