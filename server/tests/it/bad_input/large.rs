//! Books far longer than a page, and a day far longer than a sheet.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::book::{Clocks, Line, LineCell, LineMarks, Said};
use sync_core::catalogue::Language;
use sync_core::envelope::Number;
use sync_core::ids::StationId;
use wardbook::clock::Stopwatch;
use wardbook::export::{self, Format, Wanted};
use wardbook::read_tx;

use super::Scene;
use crate::http::get;
use crate::lines::{self, record};
use crate::store::{NOW, TestStore, block_on};

/// Rows written in one transaction.
const TOGETHER: u64 = 5_000;
/// Rows of one sheet of a day.
const DAY_SHEET: u64 = 60;
/// Rows of the day that has most.
const BUSY: u64 = 5_000;

fn line(book: &str, n: u64, day: &str, row_key: String) -> Line {
    let cause = LineCell::Text(Said::same(format!("案由{n}号，占道经营，经劝导当场整改")));
    Line {
        book: book.to_owned(),
        record: record(n),
        row_key,
        day: Some(day.to_owned()),
        officer: format!("O{:04}", n % 40),
        sort: format!("{day}\u{1f}{n:020}"),
        provisional: format!("L-large-{n}"),
        summary: None,
        cells: BTreeMap::from([
            ("cause".to_owned(), cause.clone()),
            ("finding".to_owned(), cause),
        ]),
        limits: BTreeMap::new(),
        open: BTreeMap::new(),
        marks: LineMarks {
            clocks: Clocks {
                happened: NOW + n as i64,
                ..Clocks::default()
            },
            ..LineMarks::default()
        },
    }
}

/// A register of so many numbered cases, a log of so many days, and one day with very many rows.
async fn fill(store: &TestStore, station: &StationId, rows: u64, busy: u64) {
    for begin in (0..rows).step_by(TOGETHER as usize) {
        let (mut lines, mut numbers) = (Vec::new(), Vec::new());
        for n in begin..(begin + TOGETHER).min(rows) {
            let day = match n < busy {
                true => "2026-05-11".to_owned(),
                false => format!("20{:02}-{:02}-{:02}", n % 20, n % 12 + 1, n % 28 + 1),
            };
            lines.push(line("R3", n, &day, record(n).to_string()));
            lines.push(line("R1", n, &day, format!("{day}|O{n:06}")));
            lines.push(line("M", n, &day, String::new()));
            numbers.push(Number {
                book: "R3".into(),
                year: 2026,
                n: n + 1,
                record: record(n),
                step: "filed".into(),
                at: 0,
                text: format!("大案〔2026〕第{:06}号", n + 1),
            });
        }
        lines::put(store, station, &lines, &numbers).await;
    }
}

struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[expect(clippy::print_stdout, reason = "what it took is what is asked for")]
/// Reads the first, a middle and the last page, jumps, and writes every file. Says what each took.
async fn read(scene: &Scene, rows: u64, busy: u64) {
    let told = |what: &str, since: &Stopwatch| {
        println!(
            "{rows} rows: {what} {:.2} s, {} MiB at most",
            since.elapsed().as_secs_f64(),
            peak() / 1024
        );
    };
    let pages = rows.div_ceil(25);
    for (what, at) in [
        ("first page", 1),
        ("middle page", pages / 2),
        ("last page", pages),
    ] {
        let begun = Stopwatch::start();
        let page = scene.page(&format!("/s/S00/books/R3?page={at}"));
        told(what, &begun);
        assert!(
            page.contains(&format!("第 {at} 页 共 {pages} 页")),
            "{page}"
        );
        assert!(page.len() < 300_000, "{what}: {} bytes", page.len());
    }
    let begun = Stopwatch::start();
    let jump = get(
        scene.server.console,
        &format!("/s/S00/books/R3?number={rows}"),
        "Accept: text/html\r\n",
    );
    told("jump to a number", &begun);
    assert!(jump.starts_with("HTTP/1.1 303"), "{jump}");
    let begun = Stopwatch::start();
    let mut day = scene.page("/s/S00/books/R1?day=2026-05-11");
    told(&format!("the first sheet of a day of {busy} rows"), &begun);
    for part in 2..=busy.div_ceil(DAY_SHEET) {
        day += &scene.page(&format!("/s/S00/books/R1?day=2026-05-11&page={part}"));
    }
    let causes = day.split("案由").skip(1);
    let numbers = causes.filter_map(|text| text.split('号').next()?.parse().ok());
    let shown: BTreeSet<u64> = numbers.collect();
    let missing = (0..busy).find(|n| !shown.contains(n));
    assert_eq!(missing, None, "the sheets of a day leave nobody out");
    for path in [
        "/s/S00",
        "/s/S00/records",
        "/s/S00/records?q=%E6%A1%88%E7%94%B1",
        "/s/S00/metrics",
    ] {
        let begun = Stopwatch::start();
        scene.page(path);
        told(path, &begun);
    }
    for format in [Format::Csv, Format::Jsonl, Format::Xlsx] {
        let begun = Stopwatch::start();
        let mut out = Counted(0);
        let into = &mut out;
        let station = &scene.station;
        let wanted = Wanted {
            book: "R3",
            from: None,
            to: None,
            format,
            language: Language::Zh,
            masked: true,
            now: NOW,
        };
        read_tx!(scene.store.db, "test", async |tx| export::book(
            tx, station, &wanted, &mut *into
        )
        .await)
        .await
        .unwrap();
        told(&format!("{} of {} bytes", format.suffix(), out.0), &begun);
        assert!(out.0 > rows);
    }
}

#[test]
fn a_long_register_and_a_busy_day_are_read_whole() {
    block_on(async {
        let scene = Scene::new(TestStore::sqlite().await).await;
        fill(&scene.store, &scene.station, 2_000, 400).await;
        read(&scene, 2_000, 400).await;
        scene.end().await;
    });
}

/// `WARDBOOK_LARGE=1 cargo test --release -p wardbook --test it a_register_of_a -- --nocapture`
#[test]
#[expect(clippy::disallowed_methods, reason = "whoever has the time says so")]
fn a_register_of_a_hundred_thousand_rows_is_read_in_the_memory_of_a_page() {
    if std::env::var("WARDBOOK_LARGE").is_err() {
        return;
    }
    block_on(async {
        let scene = Scene::new(TestStore::sqlite().await).await;
        fill(&scene.store, &scene.station, 100_000, BUSY).await;
        println!("filled: {} MiB at most", peak() / 1024);
        read(&scene, 100_000, BUSY).await;
        assert!(peak() < 600 * 1024, "{} KiB", peak());
        scene.end().await;
    });
}
