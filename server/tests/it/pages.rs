//! The console's pages over the store: long books in parts, and a number's place in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::book::{Line, LineCell, LineMarks, Said};
use sync_core::envelope::Number;
use sync_core::ids::{DeviceId, RecordId, StationId};
use wardbook::admission::numbers;
use wardbook::db::Tx;
use wardbook::error::Result;
use wardbook::http::Limits;
use wardbook::known::Known;
use wardbook::station::Station;
use wardbook::{args, sql, write_tx};

use crate::http::{Server, get};
use crate::on_both_engines;
use crate::store::TestStore;

const CASES: u64 = 60;
const NUMBERED: u64 = 40;

fn record(n: u64) -> RecordId {
    RecordId::derive(&StationId::new("S00").unwrap(), DeviceId([3; 16]), n)
}

/// Cases of which the later ones have the smaller numbers, and some have none.
async fn fill(tx: &mut Tx, station: &StationId) -> Result<()> {
    for n in 1..=CASES {
        let record = record(n);
        let cause = LineCell::Text(Said::same(format!("案由{n}号")));
        let line = Line {
            book: "R3".into(),
            record,
            row_key: record.to_string(),
            day: Some(format!("2026-05-{:02}", n % 28 + 1)),
            officer: "O1".into(),
            sort: String::new(),
            provisional: format!("L-test-{n}"),
            summary: None,
            cells: BTreeMap::from([("cause".to_owned(), cause)]),
            limits: BTreeMap::new(),
            open: BTreeMap::new(),
            marks: LineMarks::default(),
        };
        let cells = serde_json::to_string(&line).unwrap();
        let (key, day) = (&line.row_key, line.day.as_deref());
        let row = args![station, "R3", &record, key, day, "O1", "", &cells];
        // An import writes a record's lines before its number, admission the number first.
        if n % 2 == 0 {
            number(tx, station, n).await?;
        }
        tx.exec(sql!("line_insert"), row).await?;
        if n % 2 == 1 {
            number(tx, station, n).await?;
        }
    }
    Ok(())
}

async fn number(tx: &mut Tx, station: &StationId, n: u64) -> Result<()> {
    if n > NUMBERED {
        return Ok(());
    }
    let count = NUMBERED + 1 - n;
    let number = Number {
        book: "R3".into(),
        year: 2026,
        n: count,
        record: record(n),
        step: "filed".into(),
        at: 0,
        text: format!("试案〔2026〕第{count:04}号"),
    };
    numbers::put(tx, station, &number).await
}

async fn station(store: &TestStore) -> StationId {
    let station = store.station("S00").await;
    write_tx!(store.db, "test", async |tx| fill(tx, &station).await)
        .await
        .unwrap();
    station
}

/// The causes of a page's rows, in their order.
fn causes(page: &str) -> Vec<u64> {
    let parts = page.split("<bdi>案由").skip(1);
    parts
        .map(|part| part.split('号').next().unwrap().parse().unwrap())
        .collect()
}

fn page(server: &Server, path: &str) -> String {
    get(
        server.sync,
        path,
        "Accept: text/html\r\nAccept-Language: zh\r\n",
    )
}

on_both_engines! {
    async fn a_book_in_sequence_is_cut_into_pages_by_register_number(store) {
        station(&store).await;
        let server = Server::start(&store, Limits::default()).await;
        let mut seen = Vec::new();
        for part in 1..=3 {
            let page = page(&server, &format!("/s/S00/books/R3?page={part}"));
            assert!(page.contains(&format!("第 {part} 页 共 3 页")), "{page}");
            seen.extend(causes(&page));
        }
        let numbered: Vec<u64> = (1..=NUMBERED).rev().collect();
        assert_eq!(seen[..NUMBERED as usize], numbered);
        let mut others = seen[NUMBERED as usize..].to_vec();
        others.sort_unstable();
        assert_eq!(others, (NUMBERED + 1..=CASES).collect::<Vec<u64>>());
        let last = page(&server, "/s/S00/books/R3?page=99");
        assert!(last.contains("<bdi>51</bdi>") && last.contains("<bdi>60</bdi>"), "rows are counted on");
        server.stop().await;
    }

    async fn a_number_leads_to_its_row_and_an_unknown_one_to_the_search(store) {
        station(&store).await;
        let server = Server::start(&store, Limits::default()).await;
        let third = record(NUMBERED - 29);
        for typed in ["30", "2026-30", "%E8%AF%95%E6%A1%88%E3%80%942026%E3%80%95%E7%AC%AC0030%E5%8F%B7"] {
            let answer = page(&server, &format!("/s/S00/books/R3?number={typed}"));
            let there = format!("location: /s/S00/books/R3?page=2#r-{third}");
            assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(&there), "{answer}");
        }
        for typed in ["41", "2025-30", "abc", &"9".repeat(3_000)] {
            let answer = page(&server, &format!("/s/S00/books/R3?number={typed}"));
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("本册没有登记号"), "{typed}");
            assert!(answer.contains("/s/S00/records?q="), "the station's search is offered");
        }
        server.stop().await;
    }

    async fn a_book_that_is_not_there_is_a_page_that_says_what_to_do(store) {
        station(&store).await;
        let server = Server::start(&store, Limits::default()).await;
        let unknown = record(9_999);
        for path in [
            "/s/S00/books/R99".to_owned(),
            "/s/NOBODY".to_owned(),
            format!("/s/S00/records/{unknown}"),
            "/s/S00/records/x".to_owned(),
        ] {
            let answer = page(&server, &path);
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            assert!(answer.contains("可以怎样办"), "{path}");
        }
        server.stop().await;
    }

    async fn a_page_shows_a_member_as_soon_as_the_charter_does(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        let chosen = |person: &str| {
            let page = page(&server, &format!("/s/S00/held?officer={person}"));
            page.contains(&format!("<option value=\"{person}\" selected"))
        };
        for person in ["O0001", "O0002"] {
            assert!(!chosen(person));
            store.code(&station, person, "stationed_officer").await;
            assert!(chosen(person));
        }
        server.stop().await;
    }

    async fn stations_share_the_catalogue_that_they_both_have(store) {
        let known = Known::default();
        let mut held = Vec::new();
        for code in ["S00", "S01"] {
            let station = store.station(code).await;
            let row = Station::get(&store.db, &station).await.unwrap();
            held.push(known.holding(&row, &store.db).await.unwrap());
            let again = known.holding(&row, &store.db).await.unwrap();
            assert!(Arc::ptr_eq(&held[held.len() - 1], &again), "a charter is read once");
        }
        let [one, other] = [&held[0], &held[1]].map(|held| held.books.catalogue());
        assert!(Arc::ptr_eq(one, other));
    }

    async fn an_empty_station_shows_every_page(store) {
        store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        for path in [
            "", "/books/R1", "/books/R1?day=1900-01-01", "/books/R1?day=9999-12-31", "/books/R3",
            "/records", "/records?q=%E4%B8%AD", "/records?only=late&since=yesterday", "/limits",
            "/limits?when=over", "/held", "/held?officer=O1&day=2026-05-11", "/conflicts",
            "/conflicts?officer=O1&day=2026-05-11", "/devices", "/forks",
        ] {
            for page_of in ["", "page=7&"] {
                let between = if path.contains('?') { '&' } else { '?' };
                let answer = page(&server, &format!("/s/S00{path}{between}{page_of}lang=zh"));
                assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
            }
        }
        server.stop().await;
    }
}
