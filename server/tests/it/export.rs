//! Books and records as files: in the order of their pages, masked where they leave the station,
//! and as what they are in a spreadsheet.

use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use sync_core::book::Line;
use sync_core::catalogue::Language;
use sync_core::envelope::Number;
use sync_core::ids::StationId;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};
use wardbook::export::{self, Format, RecordFormat, Wanted};
use wardbook::http::Limits;
use wardbook::read_tx;

use crate::http::Server;
use crate::lines::{line, page, put, record, uncounted};
use crate::on_both_engines;
use crate::phone::Phone;
use crate::store::{NOW, TestStore};

fn wanted<'a>(book: &'a str, format: Format) -> Wanted<'a> {
    Wanted {
        book,
        from: None,
        to: None,
        format,
        language: Language::Zh,
        masked: false,
        now: NOW,
    }
}

async fn file(store: &TestStore, station: &StationId, wanted: &Wanted<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let into = &mut out;
    read_tx!(store.db, "test", async |tx| export::book(
        tx, station, wanted, &mut *into
    )
    .await)
    .await
    .unwrap();
    out
}

async fn rows(store: &TestStore, station: &StationId, wanted: &Wanted<'_>) -> Vec<Value> {
    let text = String::from_utf8(file(store, station, wanted).await).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

on_both_engines! {
    async fn a_register_that_takes_many_parts_comes_in_the_order_of_its_page(store) {
        let station = store.station("S00").await;
        let day = |n: u64| (!n.is_multiple_of(97)).then(|| format!("2026-{:02}-{:02}", n % 12 + 1, n % 28 + 1));
        let lines: Vec<Line> = (0..1_300)
            .map(|n| line("R3", n, day(n), &record(n).to_string(), "O1"))
            .collect();
        // The numbers follow neither the days nor the records.
        let numbers: Vec<Number> = (0..700)
            .map(|n| Number {
                book: "R3".to_owned(),
                year: 2025 + i32::from(n >= 300),
                n: if n >= 300 { n - 299 } else { n + 1 },
                record: record(n * 7 % 1_300),
                step: "filed".to_owned(),
                at: NOW,
                text: format!("第{n}号"),
            })
            .collect();
        put(&store, &station, &lines, &numbers).await;

        let all = rows(&store, &station, &wanted("R3", Format::Jsonl)).await;
        assert_eq!(all, page("R3", &lines, &numbers));
        assert_eq!(all.last().unwrap()["serial"], 1_300);

        let some = Wanted {
            from: Some("2026-03-02"),
            to: Some("2026-05-20"),
            ..wanted("R3", Format::Jsonl)
        };
        let within: Vec<Line> = lines
            .iter()
            .filter(|line| {
                let day = line.day.as_deref().unwrap_or_default();
                ("2026-03-02".."2026-05-21").contains(&day)
            })
            .cloned()
            .collect();
        assert!(within.len() > 200);
        assert_eq!(rows(&store, &station, &some).await, page("R3", &within, &numbers));
    }

    async fn a_book_by_day_comes_page_by_page(store) {
        let station = store.station("S00").await;
        let day = |n: u64| (!n.is_multiple_of(50)).then(|| format!("2026-05-{:02}", n % 9 + 1));
        let lines: Vec<Line> = (0..200)
            .map(|n| {
                let officer = format!("O{}", n % 4);
                let key = format!("{}|{officer}", day(n).unwrap_or_default());
                line("R1", n, day(n), &key, &officer)
            })
            .collect();
        put(&store, &station, &lines, &[]).await;
        let mut pages = Vec::new();
        for shown in [None].into_iter().chain((1..=9).map(|day| Some(format!("2026-05-{day:02}")))) {
            let of_day: Vec<Line> = lines.iter().filter(|line| line.day == shown).cloned().collect();
            pages.extend(page("R1", &of_day, &[]));
        }
        let all = rows(&store, &station, &wanted("R1", Format::Jsonl)).await;
        assert_eq!(uncounted(&all), uncounted(&pages));
        let serials: Vec<u64> = all.iter().map(|row| row["serial"].as_u64().unwrap()).collect();
        assert_eq!(serials, (1..=pages.len() as u64).collect::<Vec<_>>());
        let some = Wanted {
            from: Some("2026-05-03"),
            to: Some("2026-05-04"),
            ..wanted("R1", Format::Jsonl)
        };
        let days: Vec<Value> = rows(&store, &station, &some).await;
        let days: Vec<&str> = days.iter().map(|row| row["day"].as_str().unwrap()).collect();
        assert_eq!(days, ["2026-05-03"; 4].into_iter().chain(["2026-05-04"; 4]).collect::<Vec<_>>());
    }

    async fn what_people_wrote_stands_in_every_form_and_is_masked_where_it_leaves(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        amended_and_contested(&store, &station, server.sync).await;

        let csv = file(&store, &station, &wanted("R3", Format::Csv)).await;
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.starts_with("\u{feff}序号,案件编号,登记日期,") && csv.contains(",更正,冲突,标记\r\n"));
        assert!(csv.contains("张三丰"), "{csv}");
        assert!(csv.contains("「=HYPERLINK(1)」→「占道经营」（O0001，"), "{csv}");

        let sheet = Sheet::read(&file(&store, &station, &wanted("R3", Format::Xlsx)).await);
        sheet.has(&["含个人信息", "案件登记本", "单位：测试站", "张三丰", "锦华路5号", "锦华路7号"]);
        // What was struck out stands before what replaced it; neither is a formula.
        let struck = sheet.xml.find("=HYPERLINK(1)</t>").unwrap();
        assert!(sheet.xml[..struck].rsplit("<is>").next().unwrap().contains("<strike/>"));
        assert!(struck < sheet.xml.find("占道经营").unwrap() && !sheet.xml.contains("<f>"));
        // The day of registration is a number that is shown as a day: 2026-05-29 in China.
        assert!(sheet.xml.contains("<v>46171</v>"), "{}", sheet.xml);
        sheet.has(&["orientation=\"landscape\"", "paperSize=\"9\"", "fitToHeight=\"0\"", "ySplit=\"4\""]);
        assert!(sheet.workbook.contains("_xlnm.Print_Titles") && sheet.workbook.contains("$1:$4"));

        let masked = Wanted { masked: true, ..wanted("R3", Format::Xlsx) };
        let masked = Sheet::read(&file(&store, &station, &masked).await);
        masked.has(&["个人信息已遮盖", "张**", "锦华路"]);
        assert!(!masked.xml.contains("张三丰"));

        let (head, body) = get(server.sync, "/s/S00/books/R3.xlsx");
        assert!(head.contains("filename=\"R3-masked.xlsx\""), "{head}");
        assert!(head.contains("spreadsheetml.sheet") && head.contains(&format!("content-length: {}", body.len())));
        assert!(!Sheet::read(&body).xml.contains("张三丰"));
        let (head, body) = get(server.sync, "/s/S00/books/R1.csv?day=2026-05-11");
        assert!(head.contains("filename=\"R1-2026-05-11-masked.csv\""), "{head}");
        assert!(body.starts_with("\u{feff}序号".as_bytes()));
        let (head, _) = get(server.sync, "/s/S00/books/R9.xlsx");
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
        server.stop().await;
    }

    async fn records_come_with_their_state_and_steps_and_a_map_has_their_places(store) {
        let station = store.station("S00").await;
        let server = Server::start(&store, Limits::default()).await;
        amended_and_contested(&store, &station, server.sync).await;
        patrol(&store, &station, server.sync).await;
        let of = async |format, masked| {
            let mut out = Vec::new();
            let into = &mut out;
            read_tx!(store.db, "test", async |tx| export::records(
                tx, &station, format, masked, &mut *into
            ).await)
            .await
            .unwrap();
            String::from_utf8(out).unwrap()
        };
        let text = of(RecordFormat::Jsonl, false).await;
        let case: Value = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find(|line| line["kind"] == "case")
            .unwrap();
        assert_eq!(case["state"], "filed");
        assert_eq!(case["steps"][0]["to"], "filed");
        assert_eq!(case["steps"][0]["by"], "O0001");
        assert!(case["steps"][0]["at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(case["body"]["party"], "张三丰");
        let masked = of(RecordFormat::Jsonl, true).await;
        assert!(masked.contains("张**") && !masked.contains("张三丰"), "{masked}");

        let map: Value = serde_json::from_str(&of(RecordFormat::GeoJson, false).await).unwrap();
        assert_eq!(map["type"], "FeatureCollection");
        let way = map["features"].as_array().unwrap().iter()
            .find(|one| one["properties"]["kind"] == "patrol")
            .unwrap();
        assert_eq!(way["geometry"], json!({
            "type": "MultiLineString",
            "coordinates": [[[104.06, 30.65], [104.061, 30.65]], [[104.07, 30.66], [104.071, 30.66]]],
        }));
        assert_eq!(way["properties"]["route"], "东街");
        let (head, body) = get(server.sync, "/s/S00/records.geojson");
        assert!(head.contains("application/geo+json") && head.contains("S00-records-masked.geojson"));
        let map: Value = serde_json::from_slice(&body).unwrap();
        let way = map["features"].as_array().unwrap().iter()
            .find(|one| one["properties"]["kind"] == "patrol")
            .unwrap();
        assert_eq!((&way["geometry"], &way["properties"]["masked"]), (&Value::Null, &json!(true)));
        server.stop().await;
    }
}

fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.to_owned()),
        value: Scalar::Str(value.to_owned()),
    }
}

async fn phone(store: &TestStore, station: &StationId, server: SocketAddr, secret: u8) -> Phone {
    let person = format!("O{secret:04}");
    let code = store.code(station, &person, "squad_leader").await;
    let mut phone = Phone::new(secret);
    phone.join(server, &code);
    phone
}

/// A filed case whose cause was amended and whose place two people set without knowing.
pub async fn amended_and_contested(store: &TestStore, station: &StationId, server: SocketAddr) {
    let mut one = phone(store, station, server, 1).await;
    let mut two = phone(store, station, server, 2).await;
    let (record, made) = one.case("=HYPERLINK(1)");
    let mut changes = vec![made.parts[0].change.clone()];
    let filed = Edit::Step {
        to: "filed".to_owned(),
        note: None,
    };
    let handler = |person: &str| Edit::Add {
        field: "handlers".to_owned(),
        value: Scalar::Str(person.to_owned()),
    };
    let edits = [
        set("party", "张三丰"),
        handler("O0001"),
        handler("O0002"),
        filed,
    ];
    let file = one.edit(record, &changes, &edits);
    changes.push(file.parts[0].change.clone());
    let first = one.close(&[made, file]);
    one.sync(server, std::slice::from_ref(&first));
    two.catch_up(server);
    let why = Edit::Amend {
        reason: "案由有误".into(),
    };
    let amend = one.edit(record, &changes, &[set("cause", "占道经营"), why.clone()]);
    let mut after = changes.clone();
    after.push(amend.parts[0].change.clone());
    let contest = one.edit(record, &after, &[set("place", "锦华路5号"), why.clone()]);
    let second = one.close(&[amend, contest]);
    one.sync(server, &[second]);
    let other = two.edit(record, &changes, &[set("place", "锦华路7号"), why]);
    let third = two.close_after(&[other], vec![first.as_need()]);
    two.sync(server, &[third]);
    two.catch_up(server);
    let held: Vec<_> = two.entries.iter().flat_map(|entry| &entry.held).collect();
    assert!(held.is_empty(), "{held:?}");
}

/// A patrol with a track that has a gap, as a station's stock.
async fn patrol(store: &TestStore, station: &StationId, _server: SocketAddr) {
    let text = json!({
        "kind": "patrol", "id": "p-1", "route": "东街", "officers": ["O0001"],
        "started_at": "2026-05-11T00:37:06.511Z",
        "track": [[0, 30.65, 104.06, 5], [60, 30.65, 104.061, 5],
                  [900, 30.66, 104.07, 5], [960, 30.66, 104.071, 5]],
    });
    let lines = [Ok(text.to_string())];
    let (db, data, clock) = (&store.db, &store.data, &store.clock);
    let file = std::path::Path::new("stock.jsonl");
    wardbook::stock::import(db, data, clock, station, lines.into_iter(), file)
        .await
        .unwrap();
}

pub fn get(address: SocketAddr, path: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head, answer[end + 4..].to_vec())
}

/// A spreadsheet, unpacked.
pub struct Sheet {
    pub xml: String,
    pub workbook: String,
}

impl Sheet {
    pub fn read(bytes: &[u8]) -> Sheet {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = |name: &str| {
            let mut text = String::new();
            archive
                .by_name(name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        Sheet {
            xml: text("xl/worksheets/sheet1.xml"),
            workbook: text("xl/workbook.xml"),
        }
    }

    pub fn has(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.xml.contains(text), "{text} is missing in {}", self.xml);
        }
    }
}
