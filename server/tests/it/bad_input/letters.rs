//! Letters that turn, hide, command or compute, in every field of every kind.

use std::io::Read;

use serde_json::Value;
use sync_core::catalogue::{Catalogue, FieldType, Language};
use sync_core::letters::is_unseen;
use sync_core::record::change::Scalar;
use wardbook::export::{self, Format, RecordFormat, Wanted};
use wardbook::{read_tx, rebuild, verify};

use super::{Scene, bring, filled, plain};
use crate::on_both_engines;
use crate::store::NOW;

/// A word by which to find it again, then what commands a terminal, a browser, a spreadsheet or a
/// template, and what cannot be seen.
const HOSTILE: &str = "=HYPERLINK(\"http://evil.example\",\"坏字\")\u{1b}[2J\u{1b}]8;;x\u{7}\u{9b}31m\
    \u{202e}\u{2066}\u{200b}\u{feff}\u{ffff}\u{0}\u{7f}\u{e0041}\u{0301}\u{0301}\u{0301}\u{0301}\u{0301}\
    <script>alert(1)</script><img src=x onerror=alert(1)>\"'`&amp;{n}{{7*7}}${x}%s\\\r\n\t]]>-->终";

/// Of an id in another system, which is shorter.
const HOSTILE_ID: &str = "=1+坏字\u{1b}[2J\u{202e}\u{0}<script>\"'";

/// Nothing in it is obeyed, hidden, or turns what stands beside it.
#[track_caller]
pub fn sound(path: &str, html: &str) {
    for hostile in ["<script>", "<img src=x", "onerror=\"", "javascript:"] {
        assert!(!html.contains(hostile), "{path} contains {hostile}: {html}");
    }
    let unseen = |letter: char| is_unseen(letter) && letter != '\u{200d}';
    assert_eq!(
        html.find(unseen),
        None,
        "{path} has letters that nobody sees"
    );
    // Text of others stands in a `bdi`, wherever there can be markup.
    let (mut isolated, mut plain) = (0i32, 0i32);
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name {
            "bdi" => isolated += 1,
            "/bdi" => isolated -= 1,
            "title" | "option" | "textarea" => plain += 1,
            "/title" | "/option" | "/textarea" => plain -= 1,
            _ => {}
        }
        let is_free = isolated == 0 && plain == 0;
        assert!(
            !(is_free && text.contains("坏字")),
            "{path}: {text} is not isolated"
        );
    }
    assert_eq!((isolated, plain), (0, 0), "{path} is whole");
}

fn hostile(ty: FieldType) -> Option<Scalar> {
    match ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::CoText
        | FieldType::Choice
        | FieldType::Decimal
        | FieldType::Date
        | FieldType::Time
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Person
        | FieldType::Record => Some(Scalar::Str(HOSTILE.to_owned())),
        ty => plain(ty),
    }
}

fn files() -> impl Iterator<Item = (&'static str, Format, Language)> {
    let books = Catalogue::embedded().shelf();
    let books = books.into_iter().map(|book| book.name.as_str());
    books.flat_map(|book| {
        [Format::Csv, Format::Jsonl, Format::Xlsx]
            .into_iter()
            .flat_map(move |format| Language::ALL.map(|language| (book, format, language)))
    })
}

fn sound_file(book: &str, format: Format, bytes: &[u8]) {
    match format {
        Format::Xlsx => {
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
            for at in 0..zip.len() {
                let mut xml = String::new();
                zip.by_index(at).unwrap().read_to_string(&mut xml).unwrap();
                assert_eq!(xml.find(is_unseen), None, "{book}: {xml}");
                assert!(!xml.contains("<f>") && !xml.contains("<script>"), "{book}");
            }
        }
        Format::Jsonl => {
            let text = std::str::from_utf8(bytes).unwrap();
            assert_eq!(text.find(is_unseen), None, "{book}");
            for line in text.lines() {
                serde_json::from_str::<Value>(line).unwrap();
            }
        }
        Format::Csv => {
            let text = std::str::from_utf8(bytes).unwrap();
            let text = text.strip_prefix('\u{feff}').unwrap();
            assert_eq!(
                text.find(is_unseen)
                    .filter(|at| text.as_bytes()[*at] != b'\r'),
                None
            );
            for field in text.split([',', '\n']) {
                let field = field.trim_start_matches('"');
                assert!(!field.starts_with("=HYPER"), "{book}: {field}");
            }
        }
    }
}

on_both_engines! {
    async fn hostile_letters_in_every_field_are_shown_and_exported_and_obeyed_nowhere(store) {
        let mut scene = Scene::new(store).await;
        // Once with times that can be read, so that each record stands on a day.
        let dated = filled(|_, field| match field.ty {
            FieldType::Date | FieldType::Time | FieldType::Decimal => plain(field.ty),
            ty => hostile(ty),
        });
        let mut records = bring(&mut scene, dated, HOSTILE_ID).await;
        records.extend(bring(&mut scene, filled(|_, field| hostile(field.ty)), "").await);
        scene.pages(&["2026-05-28", "2026-05-29"], &records);
        let found = scene.page("/s/S00/records?q=%E5%9D%8F%E5%AD%97");
        assert!(found.contains("坏字"), "the search finds the word among them");
        scene.page("/s/S00/records?q=%1B%5B2J%E2%80%AE%00%3Cscript%3E&kind=%00&day=%00&state=%00&officer=%00");

        let (db, station) = (&scene.store.db, &scene.station);
        for (book, format, language) in files() {
            let mut out = Vec::new();
            let into = &mut out;
            let wanted = Wanted { book, from: None, to: None, format, language, masked: false, now: NOW };
            read_tx!(db, "test", async |tx| export::book(tx, station, &wanted, &mut *into).await)
                .await
                .unwrap();
            sound_file(book, format, &out);
        }
        for format in [RecordFormat::Jsonl, RecordFormat::GeoJson] {
            let mut out = Vec::new();
            let into = &mut out;
            read_tx!(db, "test", async |tx| export::records(tx, station, format, false, &mut *into).await)
                .await
                .unwrap();
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.find(is_unseen), None);
            match format {
                RecordFormat::GeoJson => drop(serde_json::from_str::<Value>(&text).unwrap()),
                RecordFormat::Jsonl => {
                    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                    let story = lines.filter(|line| line.to_string().contains("evil.example"));
                    assert!(story.count() >= records.len() - 4, "what was written comes back whole");
                }
            }
        }
        read_tx!(db, "verify", async |tx| verify::verify(tx, station).await).await.unwrap();
        read_tx!(db, "rebuild", async |tx| rebuild::check(tx, station).await).await.unwrap();
        scene.end().await;
    }
}
