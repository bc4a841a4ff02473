//! The console's lists as files: with the filters of their pages, whole however long they are, and
//! as what they are in a spreadsheet.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;
use sync_core::ids::{Hash, StationId};
use wardbook::export::{self, Format, List, ListWanted};
use wardbook::http::Limits;
use wardbook::messages::Language;
use wardbook::pages::Reader;
use wardbook::{args, read_tx, sql, write_tx};

use crate::cli::Operator;
use crate::export::{Sheet, amended_and_contested, get};
use crate::http::Server;
use crate::lines::record;
use crate::on_both_engines;
use crate::store::{NOW, TestStore};

fn text(at: SocketAddr, path: &str) -> String {
    let (head, body) = get(at, path);
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
    String::from_utf8(body).unwrap()
}

fn rows(at: SocketAddr, path: &str) -> Vec<Value> {
    let text = text(at, path);
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The links of a page, as their addresses are asked for.
fn files(page: &str) -> BTreeSet<String> {
    let links = page.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split_once('"'));
    links
        .filter(|(href, rest)| !href.starts_with("/assets") && rest.starts_with(" download"))
        .map(|(href, _)| href.replace("&#38;", "&"))
        .collect()
}

async fn list(store: &TestStore, station: &StationId, list: List, masked: bool) -> Vec<Value> {
    let reader = Reader::asking(Language::Zh, Vec::new());
    let wanted = ListWanted {
        list,
        format: Format::Jsonl,
        masked,
        now: NOW,
    };
    let mut out = Vec::new();
    let into = &mut out;
    read_tx!(store.db, "test", async |tx| export::list(
        tx, station, &reader, wanted, &mut *into
    )
    .await)
    .await
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const MANY: u64 = 2_300;

/// Records, limits, held acts and forks, many of each, several at the same moment.
async fn many(store: &TestStore, station: &StationId) {
    write_tx!(store.db, "test", async |tx| {
        for n in 0..MANY {
            let (record, hash) = (record(n), Hash::of(&n.to_be_bytes()));
            let (at, entry) = (NOW - (n / 7 * 1_000) as i64, (n / 3) as i64);
            let title = format!("案由{n}");
            let put = args![
                station,
                &record,
                "case",
                None::<&str>,
                &title,
                Some("2026-05-11"),
                "filed",
                "O0001",
                entry,
                entry,
                1_i64,
                1_i64,
                0_i64
            ];
            tx.exec(sql!("record_put"), put).await?;
            tx.exec(sql!("search_put"), args![station, &record, &title])
                .await?;
            let limit = args![station, &record, "decide", "R3", "decided", at, at];
            tx.exec(sql!("open_limit_insert"), limit).await?;
            let (of, device) = (record.to_string(), &hash.0[..16]);
            let held = args![
                station, &hash, 0_i64, device, n, n, "O0001", "role", "", at, "held", &of
            ];
            tx.exec(sql!("held_insert"), held).await?;
            let fork = args![station, device, n, &hash, &hash.0[..], at];
            tx.exec(sql!("fork_insert"), fork).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[test]
fn an_operator_writes_each_list_and_is_told_what_a_list_does_not_take() {
    let operator = Operator::with_station();
    let day = ["--day", "2026-05-11"];
    for (list, filters) in [
        ("search", &["东街", "--only", "late", "--kind", "case"][..]),
        ("limits", &["--when", "soon"]),
        ("held", &day),
        ("conflicts", &["--masked", "--officer", "O0001"]),
        ("devices", &["--officer", "O0001"]),
        ("forks", &[]),
        ("cards", &[]),
        ("card-tasks", &[]),
        ("officers", &["--from", "2026-05-01"]),
        ("committees", &["--to", "2026-05-31"]),
    ] {
        let command = [&["export", list, "--station", "S00"], filters].concat();
        let lines = [&command[..], &["--format", "jsonl"]].concat();
        assert_eq!(operator.done(&lines), "", "{list}");
        let header = operator.done(&command);
        assert_eq!(header.lines().count(), 1, "{list}: {header}");
        let sheet = operator.run(&[&command[..], &["--format", "xlsx"]].concat());
        Sheet::read(&sheet.stdout).has(&["ySplit=\"4\""]);
    }
    let metrics = ["export", "metrics", "--station", "S00", "--format", "jsonl"];
    assert!(operator.done(&metrics).lines().count() > 10);
    let forks = [&["export", "forks", "--station", "S00"], &day[..]].concat();
    assert_eq!(operator.run(&forks).status.code(), Some(2));
    let unknown = ["export", "held", "--station", "S99"];
    assert!(operator.fails(&unknown).contains("S99"));
}

on_both_engines! {
    async fn every_list_comes_in_every_form_that_its_page_links_to(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        amended_and_contested(&store, &station, server.sync).await;
        let at = server.sync;
        let mut linked = BTreeSet::new();
        for (page, filter) in [
            ("records", "q=2026&officer=O0001"), ("limits", "when=over"), ("held", "officer=O0001"),
            ("conflicts", "day=2026-05-11"), ("devices", "officer=O0001"), ("forks", ""),
            ("cards", ""), ("metrics", "from=2026-05-01&to=2026-05-31"),
        ] {
            let html = text(at, &format!("/s/S00/{page}?{filter}&page=1&lang=en"));
            for file in files(&html) {
                assert!(file.contains("lang=en"), "{file}");
                let is_whole = file.contains("/s/S00/records.");
                assert!(is_whole || file.contains(filter), "{file} without {filter}");
                let (head, body) = get(at, &file);
                assert!(head.starts_with("HTTP/1.1 200") && !body.is_empty() || file.contains("jsonl"), "{file}: {head}");
                assert!(head.contains("attachment; filename=\"S00-") || head.contains("filename=\"metrics-"), "{head}");
                linked.insert(file.split('?').next().unwrap().to_owned());
            }
        }
        for list in List::ALL.into_iter().filter(|list| !matches!(list, List::Cards | List::CardTasks | List::Committees)) {
            for suffix in ["csv", "jsonl", "xlsx"] {
                let file = format!("/s/S00/lists/{}.{suffix}", list.word());
                assert!(linked.contains(&file), "{file} in {linked:?}");
            }
        }
        for file in ["records.geojson", "records.jsonl", "metrics.json"] {
            assert!(linked.contains(&format!("/s/S00/{file}")), "{file}");
        }
        for list in List::ALL {
            let path = format!("/s/S00/lists/{}", list.word());
            let csv = text(at, &format!("{path}.csv?lang=zh"));
            assert!(csv.starts_with('\u{feff}'), "{csv}");
            let lines = rows(at, &format!("{path}.jsonl?lang=zh"));
            assert!(lines.iter().all(|line| line["list"] == list.word()));
            let (_, sheet) = get(at, &format!("{path}.xlsx?lang=zh"));
            let sheet = Sheet::read(&sheet);
            sheet.has(&["orientation=\"landscape\"", "ySplit=\"4\"", "测试站"]);
            let heads = csv.lines().next().unwrap().trim_start_matches('\u{feff}').to_owned();
            sheet.has(&heads.split(',').collect::<Vec<_>>());
        }
        for wrong in ["nothing.csv", "held.pdf", "held", "held.csv.xlsx"] {
            let (head, _) = get(at, &format!("/s/S00/lists/{wrong}"));
            assert!(head.starts_with("HTTP/1.1 404"), "{wrong}: {head}");
        }
        server.stop().await;
    }

    async fn a_list_says_what_its_page_says_and_is_masked_where_it_leaves(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        amended_and_contested(&store, &station, server.sync).await;
        let at = server.sync;
        let found = rows(at, "/s/S00/lists/records.jsonl?q=锦城案&only=amended&lang=en");
        assert!(found.is_empty(), "{found:?}");
        let found = rows(at, "/s/S00/lists/records.jsonl?only=amended&officer=O0001&lang=en");
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["author_code"], &found[0]["kind"]), (&"O0001".into(), &"Case".into()));
        assert!(rows(at, "/s/S00/lists/records.jsonl?officer=O0002").is_empty());

        let mut places: Vec<String> = rows(at, "/s/S00/lists/conflicts.jsonl").iter()
            .map(|row| row["value"].as_str().unwrap().to_owned())
            .collect();
        places.sort();
        assert_eq!(places, ["锦华路5号", "锦华路7号"]);
        let devices = rows(at, "/s/S00/lists/devices.jsonl");
        assert_eq!(devices.len(), 2);
        assert_eq!(rows(at, "/s/S00/lists/devices.jsonl?officer=O0002").len(), 1);
        let seen = devices[0]["last_contact"].as_str().unwrap();
        assert!(seen.ends_with('Z') && seen.contains('T'), "{seen}");
        assert!(devices[0]["waiting"].is_u64());

        let (head, csv) = get(at, "/s/S00/lists/limits.csv?lang=en");
        assert!(head.contains("filename=\"S00-limits-masked.csv\""), "{head}");
        let csv = String::from_utf8(csv).unwrap();
        let left = csv.lines().nth(1).unwrap().split(',').nth(5).unwrap();
        assert!(left.parse::<i64>().unwrap() > 0, "{csv}");
        // Days are days, in the reader's language.
        for (lang, form) in [("zh", "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"), ("en", "d mmm yyyy")] {
            let (_, file) = get(at, &format!("/s/S00/lists/limits.xlsx?lang={lang}"));
            let sheet = Sheet::read(&file);
            let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
            let mut styles = String::new();
            std::io::Read::read_to_string(&mut archive.by_name("xl/styles.xml").unwrap(), &mut styles).unwrap();
            assert!(styles.contains(form), "{styles}");
            assert!(sheet.xml.contains("<v>46"), "{}", sheet.xml);
        }
        server.stop().await;
    }

    async fn a_list_that_takes_many_parts_is_whole_and_in_the_order_of_its_page(store) {
        let station = store.station("S00").await;
        many(&store, &station).await;
        let ids = |rows: &[Value], name: &str| -> Vec<String> {
            rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
        };
        let mut records: Vec<(u64, String)> = (0..MANY).map(|n| (n / 3, record(n).to_string())).collect();
        records.sort_by(|a, b| b.cmp(a));
        let found = list(&store, &station, List::Records, true).await;
        assert_eq!(ids(&found, "record"), records.into_iter().map(|one| one.1).collect::<Vec<_>>());

        let mut due: Vec<(i64, String)> = (0..MANY).map(|n| (-((n / 7) as i64), record(n).to_string())).collect();
        due.sort();
        let found = list(&store, &station, List::Limits, true).await;
        assert_eq!(ids(&found, "record"), due.into_iter().map(|one| one.1).collect::<Vec<_>>());

        let mut held: Vec<(u64, [u8; 32], String)> = (0..MANY)
            .map(|n| (n / 7, Hash::of(&n.to_be_bytes()).0, record(n).to_string()))
            .collect();
        held.sort();
        let found = list(&store, &station, List::Held, true).await;
        assert_eq!(ids(&found, "records"), held.into_iter().map(|one| one.2).collect::<Vec<_>>());

        let found = list(&store, &station, List::Forks, true).await;
        let hashes: BTreeSet<String> = ids(&found, "hash").into_iter().collect();
        assert_eq!((found.len() as u64, hashes.len() as u64), (MANY, MANY));
    }
}
