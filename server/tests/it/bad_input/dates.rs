//! Days and moments at the ends of the calendar and beyond, in records, clocks and addresses.

use sync_core::catalogue::{Catalogue, FieldType};
use sync_core::record::change::Scalar;
use wardbook::export::{self, Format, Wanted};
use wardbook::{read_tx, rebuild};

use super::{Scene, bring, filled, plain};
use crate::http::get;
use crate::on_both_engines;
use crate::store::NOW;

/// The first and last moment that a record may name.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;

/// What stands in every field that names a day, a time or a moment, of all kinds.
const TRIED: [(&str, &str, i64); 8] = [
    ("9999-12-31", "23:59", LAST),
    ("0001-01-01", "00:00", FIRST),
    ("1900-01-01", "24:00", -2_208_988_800_000),
    ("0000-00-00", "99:99", 0),
    ("-9999-01-01", "-1:00", -1),
    ("10000-01-01", "", 1),
    ("2026-02-29", "12", 1_772_236_800_000),
    ("２０２６年５月１１日", "noon", NOW),
];

on_both_engines! {
    async fn every_page_and_file_stands_over_records_of_any_day(store) {
        let mut scene = Scene::new(store).await;
        let mut records = Vec::new();
        for (date, time, moment) in TRIED {
            let all = filled(|_, field| match field.ty {
                FieldType::Date => Some(Scalar::Str(date.to_owned())),
                FieldType::Time => Some(Scalar::Str(time.to_owned())),
                FieldType::Instant => Some(Scalar::Int(moment)),
                FieldType::Duration | FieldType::Integer | FieldType::Money => {
                    Some(Scalar::Int(if moment < 0 { i64::MIN } else { i64::MAX }))
                }
                FieldType::Decimal => Some(Scalar::Str(["NaN", "inf", "1e308", "-1e308"][records.len() % 4].to_owned())),
                ty => plain(ty),
            });
            records.extend(bring(&mut scene, all, "").await);
        }
        scene.pages(&["9999-12-31", "0001-01-01", "1900-01-01", "2026-05-28"], &records);
        for metrics in ["from=0001-01-01&to=9999-12-31", "from=9999-12-01", "to=0001-01-31"] {
            let answer = get(scene.server.console, &format!("/s/S00/metrics?{metrics}"), "Accept: text/html\r\n");
            // A period is measured, or refused with what a period is.
            let told = answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 400");
            assert!(told, "{metrics}: {answer}");
        }
        let (db, station) = (&scene.store.db, &scene.station);
        for book in Catalogue::embedded().shelf() {
            for (from, to) in [(None, None), (Some("0001-01-01"), Some("9999-12-31"))] {
                for format in [Format::Csv, Format::Jsonl, Format::Xlsx] {
                    let mut out = Vec::new();
                    let into = &mut out;
                    let wanted = Wanted {
                        book: &book.name,
                        from,
                        to,
                        format,
                        language: sync_core::catalogue::Language::Zh,
                        masked: true,
                        now: NOW,
                    };
                    read_tx!(db, "test", async |tx| export::book(tx, station, &wanted, &mut *into).await)
                        .await
                        .unwrap();
                    assert!(!out.is_empty());
                }
            }
        }
        read_tx!(db, "rebuild", async |tx| rebuild::check(tx, station).await).await.unwrap();
        scene.end().await;
    }

    async fn a_phone_whose_clock_is_decades_off_is_entered_and_shown_with_its_clock(store) {
        let mut scene = Scene::new(store).await;
        let mut phone = scene.phone("stationed_officer").await;
        let mut records = Vec::new();
        // 1970, 2099, before 1970, and clocks that no phone has.
        for now in [0, 4_070_908_800_000, -86_400_000, i64::MAX, i64::MIN, LAST + 1, FIRST - 1] {
            phone.now = now;
            let (record, act) = phone.case("占道经营");
            let envelope = phone.close(&[act]);
            let answer = phone.ask(scene.server.sync, phone.request(std::slice::from_ref(&envelope)));
            let answer = answer.fine();
            phone.adopt(&answer);
            if phone.outcome(&envelope).held.is_empty() {
                records.push(record);
            }
        }
        assert!(records.len() >= 4, "{}", records.len());
        scene.pages(&["1970-01-01", "2098-12-31"], &records);
        scene.end().await;
    }
}

#[test]
fn an_address_that_names_no_day_says_so_and_shows_another() {
    crate::store::block_on(async {
        let mut scene = Scene::new(crate::store::TestStore::sqlite().await).await;
        let mut phone = scene.phone("stationed_officer").await;
        let (_, act) = phone.case("占道经营");
        scene.admitted(&mut phone, &[act]);
        for day in [
            "10000-01-01",
            "2026-02-29",
            "1900-02-29",
            "0000-13-01",
            "-1",
            "24:00",
            "%00",
            "%E2%80%AE",
            "9999-12-32",
            &"9".repeat(6_000),
        ] {
            for book in Catalogue::embedded().shelf() {
                scene.page(&format!("/s/S00/books/{}?day={day}&month={day}", book.name));
            }
            scene.page(&format!("/s/S00/records?day={day}"));
            scene.page(&format!("/s/S00/held?day={day}&officer={day}"));
            let path = format!("/s/S00/metrics?from={day}&to={day}&lang=en");
            let answer = get(scene.server.console, &path, "Accept: text/html\r\n");
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
        for page in ["0", "-1", "99999999999999999999", "1e9", "%00", "x"] {
            scene.page(&format!("/s/S00/books/R3?page={page}"));
            scene.page(&format!("/s/S00/records?page={page}"));
        }
        scene.end().await;
    });
}
