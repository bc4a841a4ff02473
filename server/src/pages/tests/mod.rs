//! Every page from sample data, in both languages: as it should be, with the longest plausible
//! names, with nothing in it, and with hostile text. The pages are written to
//! `tests/artefacts/pages`, where the browser tests look at them too.

mod lists;
mod sample;

use std::fmt::Write as _;
use std::path::PathBuf;

use askama::Template;
use sync_core::book::{self as books, Line, PageFacts, Period};

use self::sample::{HOSTILE, Sample, at};
use super::book::Found;
use super::frame::Pager;
use super::*;
use crate::messages::{Language, Message};

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

struct Drawn {
    name: String,
    language: Language,
    html: String,
}

fn reader(path: &str, language: Language) -> Reader {
    Reader::new(&path.parse().unwrap(), language)
}

fn found(sample: &Sample, name: &str, day: Option<&str>) -> Found {
    let lines: Vec<Line> = sample
        .papers
        .iter()
        .flat_map(|paper| books::lines(&paper.view(), &sample.station.books))
        .filter(|line| line.book == name && day.is_none_or(|day| line.day.as_deref() == Some(day)))
        .collect();
    let facts = PageFacts {
        station: sample.station.name.clone(),
        period: day.map_or(Period::All, |day| Period::Day(day.to_owned())),
        offset: 480,
        as_of: at(40, 0),
        numbers: sample.numbers.clone(),
        coverage: sample.station.device_coverage(),
        ..PageFacts::default()
    };
    let book = &sample.station.catalogue().books[name];
    Found {
        page: books::page(book, &lines, &facts).masked(),
        before: day.map(|_| "2026-05-08".to_owned()),
        after: None,
        part: 1,
        parts: if day.is_some() { 1 } else { 4_000 },
        is_cut: day.is_some(),
        notice: None,
    }
}

fn draw(name: &str, sample: &Sample) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for language in LANGUAGES {
        let mut add = |page: &str, html: String| {
            let tag = language.tag();
            drawn.push(Drawn {
                name: format!("{name}-{page}.{tag}.html"),
                language,
                html,
            });
        };
        let station = &sample.station;
        let day = "2026-05-11";
        let counts = sample.counts();
        let home = reader("/", language);
        add(
            "home",
            home::draw(&home, &sample.stations()).render().unwrap(),
        );
        let overview = reader("/s/S00", language);
        let now = at(40, 0);
        let page = today::draw(&overview, station, &counts, now);
        add("today", page.render().unwrap());
        for (book, day) in [("R1", Some(day)), ("R3", None)] {
            let path = reader(&format!("/s/S00/books/{book}"), language);
            let page = book::draw(&path, station, found(sample, book, day), at(40, 0)).unwrap();
            add(book, page.render().unwrap());
        }
        let bare = reader(
            "/s/S00/books/R3?margin=off&number=%22%3E%3Cscript%3E",
            language,
        );
        let bare_found = Found {
            notice: Some(ink::Ink::written(HOSTILE)),
            ..found(sample, "R3", None)
        };
        let page = book::draw(&bare, station, bare_found, now).unwrap();
        add("R3-bare", page.render().unwrap());
        for n in 0..sample.papers.len() {
            let stored = sample.stored(n);
            let path = reader(&format!("/s/S00/records/{}", stored.view.record), language);
            let page = record::draw(&path, station, &stored, now);
            add(&format!("record-{n}"), page.render().unwrap());
        }
        let pager = |reader: &Reader| Pager::of(reader, 2, true);
        let search = "/s/S00/records?q=%22%3E%3Cscript%3E&kind=case&state=lead&only=late&page=2";
        let search = reader(search, language);
        let page = records::draw(&search, station, &sample.rows(), pager(&search));
        add("records", page.render().unwrap());
        let nothing = reader("/s/S00/records?q=%E2%80%AE%3Cscript%3E", language);
        let page = records::draw(&nothing, station, &[], Pager::of(&nothing, 1, false));
        add("records-none", page.render().unwrap());
        let limits = reader("/s/S00/limits?when=over", language);
        let page = limits::draw(&limits, station, &sample.limits(), pager(&limits), now);
        add("limits", page.render().unwrap());
        let devices = reader("/s/S00/devices", language);
        let page = devices::draw(&devices, station, now);
        add("devices", page.render().unwrap());
        let forks = reader("/s/S00/forks", language);
        let page = forks::draw(&forks, station, &sample.forks(), pager(&forks));
        add("forks", page.render().unwrap());
        let path = reader("/s/S00/metrics?from=2026-05-01&to=2026-05-31", language);
        add(
            "metrics",
            metrics::draw(&path, station, &sample.counted(), at(40, 0))
                .render()
                .unwrap(),
        );
        let held = reader("/s/S00/held", language);
        add(
            "held",
            held::draw(&held, station, &sample.held, pager(&held))
                .render()
                .unwrap(),
        );
        let conflicts = reader("/s/S00/conflicts", language);
        let views: Vec<_> = sample.papers.iter().map(sample::Paper::view).collect();
        let views: Vec<_> = views
            .into_iter()
            .filter(|view| books::facts(view, &station.books).conflicts > 0)
            .collect();
        add(
            "conflicts",
            conflicts::draw(&conflicts, station, &views, pager(&conflicts))
                .render()
                .unwrap(),
        );
        let message = match name {
            "hostile" => Message {
                title: HOSTILE.to_owned(),
                kept: HOSTILE.to_owned(),
                todo: HOSTILE.to_owned(),
            },
            _ => language.problem("no_such_route"),
        };
        let page = problem::html(&reader("/nowhere", language), &message, "abcdefgh");
        add("problem", page.unwrap());
    }
    drawn
}

fn write(drawn: &[Drawn]) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../tests/artefacts/pages"]
        .iter()
        .collect();
    std::fs::create_dir_all(&folder).unwrap();
    for page in drawn {
        std::fs::write(folder.join(&page.name), &page.html).unwrap();
    }
}

/// What no page may have in it, whatever people wrote.
fn check(drawn: &Drawn) {
    let Drawn {
        name,
        language,
        html,
    } = drawn;
    for hostile in [
        "<script>",
        "<img",
        "onerror=\"",
        "javascript:",
        "</textarea",
        " style=",
    ] {
        assert!(!html.contains(hostile), "{name} contains {hostile}");
    }
    let unseen = |letter: char| {
        (letter.is_control() && letter != '\n')
            || matches!(letter, '\u{200b}' | '\u{202e}' | '\u{2066}' | '\u{feff}')
    };
    assert!(
        !html.contains(unseen),
        "{name} has letters that cannot be seen"
    );
    let tag = match language {
        Language::Zh => "<html lang=\"zh-CN\">",
        Language::En => "<html lang=\"en\">",
    };
    for needed in [tag, "<title>", "class=\"skip\"", "<main id=\"main\"", "<h1"] {
        assert!(html.contains(needed), "{name} lacks {needed}");
    }
    assert_eq!(html.matches("<h1").count(), 1, "{name} has one heading");
    assert!(
        !html.contains("http://") && !html.contains("https://"),
        "{name} names a host"
    );
    let columns = html.matches("<th ").count();
    assert_eq!(
        html.matches("scope=\"col\"").count() + html.matches("scope=\"row\"").count(),
        columns,
        "{name}: every header has a scope"
    );
    // A word of a page that is still between braces was given nothing.
    assert!(
        !html.contains("{n}") && !html.contains("{by}"),
        "{name} has an empty place"
    );
}

fn named<'d>(drawn: &'d [Drawn], name: &str) -> &'d str {
    &drawn
        .iter()
        .find(|page| page.name == name)
        .unwrap_or_else(|| panic!("{name}"))
        .html
}

/// The text of a page without its markup.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (at, part) in html.split('<').enumerate() {
        let shown = if at == 0 {
            part
        } else {
            part.split_once('>').map_or("", |(_, rest)| rest)
        };
        let _ = write!(text, "{shown}");
    }
    text
}

#[test]
fn a_working_day_is_drawn_with_its_marks() {
    let drawn = draw("day", &Sample::day());
    drawn.iter().for_each(check);
    write(&drawn);
    let register = named(&drawn, "day-R3.zh.html");
    for shown in [
        "<del><bdi>",
        "冲突",
        "锦城案〔2026〕第0001号",
        "第 1 页 共 4000 页",
        "scope=\"col\"",
        "class=\"blank\"",
        "作废",
    ] {
        assert!(register.contains(shown), "{shown}");
    }
    let seen = text(register);
    assert!(
        seen.contains("138****8000") && !seen.contains("13800138000"),
        "personal values are masked"
    );
    let log = text(named(&drawn, "day-R1.en.html"));
    for shown in [
        "Not all devices have sent this day",
        "phone clock 11 min fast",
        "written down",
    ] {
        assert!(log.contains(shown), "{shown}");
    }
    let record = text(named(&drawn, "day-record-0.zh.html"));
    for shown in ["此前的内容", "流程", "调查取证", "更正"] {
        assert!(record.contains(shown), "{shown}");
    }
    let held = text(named(&drawn, "day-held.zh.html"));
    assert!(
        held.contains("填写人没有写这一项的权限"),
        "a held act says what happened"
    );
}

#[test]
fn a_month_is_drawn_with_what_it_was_counted_out_of() {
    let drawn = draw("month", &Sample::month());
    drawn.iter().for_each(check);
    write(&drawn);
    let zh = text(named(&drawn, "month-metrics.zh.html"));
    for shown in [
        "1 / 2",
        "新增 3 项，其中未销 2 项",
        "期初 1 项，期末 1 项",
        "未达标",
        "挂账 1 件",
        "不少于 120 分钟",
        "上海《城管执法社区工作室工作规范》",
    ] {
        assert!(zh.contains(shown), "{shown} in {zh}");
    }
    let en = named(&drawn, "month-metrics.en.html");
    assert!(text(en).contains("Not all devices have sent everything"));
    assert!(
        en.contains("href=\"/s/S00/lists/metrics.csv?from=2026-05-01&#38;to=2026-05-31"),
        "{en}"
    );
    let empty = draw("empty", &Sample::empty());
    let empty = text(named(&empty, "empty-metrics.en.html"));
    assert!(empty.contains("No session was held in this period.") && empty.contains("—"));
}

#[test]
fn an_empty_station_teaches() {
    let drawn = draw("empty", &Sample::empty());
    drawn.iter().for_each(check);
    write(&drawn);
    assert!(named(&drawn, "empty-R3.zh.html").contains("队员在手机上填写案件"));
    assert!(named(&drawn, "empty-held.en.html").contains("Nothing is held."));
    assert!(named(&drawn, "empty-home.zh.html").contains("wardbook init"));
}

#[test]
fn the_longest_names_and_hostile_texts_are_drawn_soundly() {
    for (name, sample) in [("long", Sample::long()), ("hostile", Sample::hostile())] {
        let drawn = draw(name, &sample);
        drawn.iter().for_each(check);
        write(&drawn);
    }
}

#[test]
fn what_pages_load_stays_small() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    let files = std::fs::read_dir(folder).unwrap();
    let size: u64 = files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(
        size < 40_000,
        "{size} bytes of assets leave too little of 150 kB to the page"
    );
}
