//! Cards in every state and form, in both languages, with short, long and hostile texts: drawn here
//! and written to `tests/artefacts/pages`, where the browser tests look at them.

use std::path::PathBuf;
use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::ids::{DeviceId, Epoch, Hash, PersonId, RecordId, StationId};

use super::view::{self, Form, print};
use crate::card::content::{Content, Posting, Rows};
use crate::card::duty::{Presence, Session, Today};
use crate::card::hours::{self, Window};
use crate::card::read::Place;
use crate::card::standing::{Ground, Standing, Step};
use crate::card::{Card, Code, KIND};
use crate::messages::Language;
use crate::officer::{ChangedAt, Officer};
use crate::pages::Reader;
use crate::station::Station;

/// Monday, 11 May 2026, 10:20 in Shanghai.
const NOW: i64 = 1_778_466_000_000;
const DAY: i64 = 86_400_000;
const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];
const HOSTILE: &str =
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{202e}\u{200b}{name}";
/// A resident's page without the photo may weigh this much.
const MOST: usize = 50_000;

fn place(name: &str) -> Place {
    Place {
        station: Station {
            id: StationId::new("S00").unwrap(),
            name: name.to_owned(),
            word: String::new(),
            zone_minutes: 480,
            epoch: Epoch { lineage: 0, n: 0 },
            entries: 0,
            range: Vec::new(),
            root: Vec::new(),
            server_device: DeviceId([0; 16]),
            server_seq: 0,
            server_prev: Hash::ZERO,
            server_acts: 0,
            server_records: 0,
            arrivals: 0,
            created_at: 0,
        },
        catalogue: Arc::new(Catalogue::embedded().clone()),
        now: NOW,
        address: Some("https://cards.hongqiao.gov.example".to_owned()),
    }
}

/// A card whose every text is `text` where one is given.
fn content(step: Step, text: Option<&str>) -> Content {
    let or = |own: &str| text.unwrap_or(own).to_owned();
    let posting = |place: &str| Posting {
        row: format!("posted/{place}"),
        place: place.to_owned(),
        at: NOW - 10 * DAY,
        by: "O0001".to_owned(),
    };
    let window = |day, from, until| Window::read(day, from, until).unwrap();
    Content {
        record: RecordId([7; 16]),
        officer: PersonId::new("O0001").ok(),
        name: or("王芳"),
        post: or("进驻队员"),
        squad: or("虹桥中队"),
        phone: or("021-6400 0001"),
        badge_no: or("沪A1234567"),
        station_place: or("锦华路12号居委会一楼"),
        duty_scope: or(
            "占道经营、乱设摊\n违法搭建\n乱堆物、乱晾晒\n损坏房屋承重结构\n共享单车乱停放",
        ),
        supervision_channel: or("虹桥中队 021-64000009，意见箱在居委会门口"),
        commitments: or("有诉必接，当天回复\n执法亮证、文明用语\n不收任何费用"),
        fallback_phone: or("021-6400 0002转8012"),
        hours: vec![
            window("workday", "09:00", "11:30"),
            window("wed", "14:00", "16:00"),
        ],
        photo: None,
        last_verified: Some("2026-05-06".to_owned()),
        posted: vec![posting("1号楼"), posting("2号楼")],
        checks: Vec::new(),
        step,
        replaced_by: None,
        reason: String::new(),
        printed: vec![NOW - 20 * DAY],
        phone_at: NOW - 20 * DAY,
        conflicted: false,
        rows: Rows::default(),
    }
}

fn card(content: Content, place: &Place, phone: &str) -> Card {
    let officer = Officer {
        person: PersonId::new("O0001").unwrap(),
        name: content.name.clone(),
        post: content.post.clone(),
        certificate: content.badge_no.clone(),
        valid_from: None,
        valid_until: None,
        roles: Vec::new(),
        phone: phone.to_owned(),
        removed_at: None,
        changed: ChangedAt {
            phone: NOW - DAY,
            facts: NOW - 30 * DAY,
        },
    };
    let ground = Ground {
        officer: Some(&officer),
        kind: place.kind(),
        holidays: &place.catalogue.holidays,
        offset: 480,
        now: NOW,
    };
    Card {
        code: Code::parse("K7M3X9TW").unwrap(),
        standing: Standing::of(&content, &ground),
        officer: Some(officer),
        content,
    }
}

fn today(card: &Card, place: &Place, presence: Presence) -> Today {
    let (day, minute) = ("2026-05-11".parse().unwrap(), 620);
    let (windows, holidays) = (&card.content.hours, &place.catalogue.holidays);
    Today {
        day,
        minute,
        holiday: false,
        spans: hours::on(windows, day, holidays),
        next: hours::next(windows, day, minute, holidays),
        presence,
    }
}

fn presences() -> [(&'static str, Presence); 3] {
    let session = |went| Session {
        came: NOW - 5_000_000,
        went,
        heard: NOW - 600_000,
        is_officer: true,
    };
    [
        ("here", Presence::Here(session(None))),
        ("away", Presence::Left(session(Some(NOW - 900_000)))),
        ("promised", Presence::Unknown),
    ]
}

/// Every page of one card, by name.
fn drawn(name: &str, text: Option<&str>) -> Vec<(String, String)> {
    let place = place(text.unwrap_or("锦华社区工作站"));
    let posted = card(content(Step::Posted, text), &place, "");
    let stale = card(
        content(Step::Posted, text),
        &place,
        text.unwrap_or("021-6400 9999"),
    );
    let mut pages = Vec::new();
    for language in LANGUAGES {
        let reader = Reader::new(&"/c/K7M3X9TW".parse().unwrap(), language);
        let mut add = |page: &str, html: String| {
            pages.push((format!("{name}-card-{page}.{}.html", language.tag()), html));
        };
        for (presence, records) in presences() {
            let today = today(&posted, &place, records);
            let html = view::screen(&reader, &place, &posted, Some(&today)).unwrap();
            add(presence, html);
        }
        let none = Presence::Unknown;
        let of_stale = today(&stale, &place, none);
        add(
            "stale",
            view::screen(&reader, &place, &stale, Some(&of_stale)).unwrap(),
        );
        add("not-posted", view::not_posted(&reader).unwrap());
        add(
            "replaced",
            view::replaced(&reader, &place, &posted).unwrap(),
        );
        add(
            "withdrawn",
            view::withdrawn(&reader, &place, &posted).unwrap(),
        );
        add("unknown", view::unknown(&reader));
        add("failed", view::failed(&reader));
        add(
            "sheet",
            print(language, &place, &posted, Form::Card, None).unwrap(),
        );
        add(
            "notice",
            print(language, &place, &posted, Form::Notice, None).unwrap(),
        );
    }
    pages
}

fn write(pages: &[(String, String)]) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../tests/artefacts/pages"]
        .iter()
        .collect();
    std::fs::create_dir_all(&folder).unwrap();
    for (name, html) in pages {
        std::fs::write(folder.join(name), html).unwrap();
    }
}

#[test]
fn every_page_is_light_whole_and_in_its_language() {
    assert_eq!(place("x").kind().unwrap().name, KIND);
    let long = "虹桥镇锦华社区第三居民区综合管理办公室".repeat(6);
    let mut all = drawn("day", None);
    all.extend(drawn("long", Some(&long)));
    write(&all);
    for (name, html) in &all {
        assert!(html.len() < MOST, "{name} weighs {}", html.len());
        assert!(
            html.ends_with("</html>\n") || html.ends_with("</html>"),
            "{name}"
        );
        assert!(
            !html.contains("<script") && !html.contains(" style="),
            "{name}"
        );
        let tag = if name.contains(".zh.") { "zh-CN" } else { "en" };
        assert!(html.contains(&format!("<html lang=\"{tag}\">")), "{name}");
        let screen = !name.contains("sheet") && !name.contains("notice");
        assert_eq!(html.contains("href=\"tel:12345\""), screen, "{name}");
        assert!(!html.contains('{') || html.contains("<style>"), "{name}");
    }
    let says = |name: &str, text: &str| {
        let (_, html) = all.iter().find(|(known, _)| known == name).unwrap();
        assert!(html.contains(text), "{name} does not say {text}");
    };
    says("day-card-here.zh.html", "<bdi>王芳</bdi>在岗。");
    says("day-card-away.en.html", "they have left for today");
    says("day-card-promised.zh.html", "应有人值班，到11:30");
    says("day-card-stale.zh.html", "联系电话已更换");
    says("day-card-stale.en.html", "tel:02164009999");
    says("day-card-stale.zh.html", "tel:02164000002,8012");
    says("day-card-notice.zh.html", "K7M3-X9TW");
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let pages = drawn("hostile", Some(HOSTILE));
    write(&pages);
    for (name, html) in &pages {
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{name}"
        );
        assert!(
            !html.contains('\u{202e}') && !html.contains('\u{200b}'),
            "{name}"
        );
        assert!(!html.contains("tel:12\""), "{name}");
    }
}
