//! Contact cards, from the operator's desk to the resident's phone.

use std::path::Path;
use std::time::Duration;

use sync_core::ids::{PersonId, StationId};
use wardbook::card::audit::{Audit, Task};
use wardbook::card::deed::Wanted;
use wardbook::card::photo::Photo;
use wardbook::card::read::{Place, set_address};
use wardbook::card::standing::Reason;
use wardbook::card::write::{self, Hand};
use wardbook::card::{Card, Code, Deed, State};
use wardbook::error::Error;
use wardbook::http::Limits;
use wardbook::officer::{ChangedAt, Officer, OfficerChange};
use wardbook::{args, charter, read_tx, rebuild, stock, write_tx};

use crate::cli::Operator;
use crate::http::{Server, get};
use crate::on_both_engines;
use crate::store::{NOW, TestStore};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Monday, 1 June 2026, 9:00 in Shanghai; the store's clock begins on the Thursday before.
const MONDAY: i64 = 1_780_275_600_000;
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}{name}";

/// A station with an officer who has a card, and a leader who approves it.
struct Desk {
    store: TestStore,
    station: StationId,
    officer: PersonId,
    leader: PersonId,
}

impl Desk {
    async fn new(store: TestStore) -> Desk {
        let station = store.station("S00").await;
        let desk = Desk {
            store,
            station,
            officer: PersonId::new("O0001").unwrap(),
            leader: PersonId::new("L0001").unwrap(),
        };
        desk.member(&desk.officer, "王芳", "stationed_officer", "021-64000001")
            .await;
        desk.member(&desk.leader, "李强", "squad_leader", "").await;
        desk
    }

    async fn member(&self, person: &PersonId, name: &str, role: &str, phone: &str) {
        let officer = Officer {
            person: person.clone(),
            name: name.to_owned(),
            post: "进驻队员".to_owned(),
            certificate: String::new(),
            valid_from: None,
            valid_until: None,
            roles: vec![role.to_owned()],
            phone: phone.to_owned(),
            removed_at: None,
            changed: ChangedAt::default(),
        };
        let store = &self.store;
        write_tx!(store.db, "test", async |tx| {
            officer.add(tx, &self.station, &store.clock).await?;
            charter::issue(tx, &self.station, None, &store.data, &store.clock).await
        })
        .await
        .unwrap();
    }

    async fn phone_is(&self, phone: &str) {
        let change = OfficerChange {
            phone: Some(phone.to_owned()),
            ..OfficerChange::default()
        };
        write_tx!(self.store.db, "test", async |tx| {
            Officer::change(
                tx,
                &self.station,
                &self.officer,
                change.clone(),
                &self.store.clock,
            )
            .await
        })
        .await
        .unwrap();
    }

    fn hand<'a>(&'a self, by: Option<&'a PersonId>) -> Hand<'a> {
        Hand {
            data: &self.store.data,
            clock: &self.store.clock,
            by,
        }
    }

    async fn draft(&self, wanted: Wanted) -> Code {
        write_tx!(self.store.db, "test", async |tx| {
            let hand = self.hand(None);
            write::draft(
                tx,
                &hand,
                &self.station,
                &self.officer,
                wanted.clone(),
                None,
            )
            .await
        })
        .await
        .unwrap()
    }

    async fn try_change(
        &self,
        code: &Code,
        by: Option<&PersonId>,
        deed: Deed,
    ) -> Result<(), Error> {
        write_tx!(self.store.db, "test", async |tx| {
            write::change(tx, &self.hand(by), code, &deed).await
        })
        .await
    }

    async fn change(&self, code: &Code, by: Option<&PersonId>, deed: Deed) {
        self.try_change(code, by, deed).await.unwrap();
    }

    async fn approve(&self, code: &Code) {
        self.change(code, Some(&self.leader), Deed::Approve).await;
    }

    async fn post(&self, code: &Code, place: &str) {
        let place = place.to_owned();
        self.change(code, Some(&self.officer), Deed::Post { place })
            .await;
    }

    /// A card that hangs at three stairwells.
    async fn posted(&self, wanted: Wanted) -> Code {
        let code = self.draft(wanted).await;
        self.approve(&code).await;
        for place in ["1号楼", "2号楼", "3号楼"] {
            self.post(&code, place).await;
        }
        code
    }

    async fn replace(&self, code: &Code, with: &Code) -> Result<(), Error> {
        write_tx!(self.store.db, "test", async |tx| {
            write::replace(tx, &self.hand(None), code, with).await
        })
        .await
    }

    async fn read(&self, code: &Code) -> (Card, Audit) {
        let now = self.store.clock.now_ms();
        let card = read_tx!(self.store.db, "test", async |tx| {
            let (station, record) = code.find(tx).await?;
            let place = Place::read(tx, &station, now).await?;
            place.card(tx, code.clone(), record).await
        })
        .await
        .unwrap();
        let audit = Audit::of(std::slice::from_ref(&card), now);
        (card, audit)
    }

    fn now_is(&self, at: i64) {
        let by = u64::try_from(at - self.store.clock.now_ms()).unwrap();
        self.store.clock.advance(Duration::from_millis(by));
    }
}

/// The page of a card in a language, with its head.
async fn page(server: &Server, code: &Code, query: &str) -> String {
    let path = format!("/c/{}{query}", code.as_str());
    let address = server.sync;
    tokio::task::spawn_blocking(move || get(address, &path, "Accept: text/html\r\n"))
        .await
        .unwrap()
}

fn wanted() -> Wanted {
    Wanted {
        squad: Some("虹桥中队".to_owned()),
        station_place: Some("锦华路12号".to_owned()),
        duty_scope: Some("占道经营\n违法搭建".to_owned()),
        supervision_channel: Some("虹桥中队 021-64000009".to_owned()),
        commitments: Some("有诉必接".to_owned()),
        fallback_phone: Some("021-64000002".to_owned()),
        hours: Some(vec![(
            "workday".to_owned(),
            "09:00".to_owned(),
            "11:30".to_owned(),
        )]),
        ..Wanted::default()
    }
}

fn refused(outcome: Result<(), Error>, says: &str) {
    match outcome {
        Err(Error::CardRefused { what, .. }) => assert!(what.contains(says), "{what}"),
        other => panic!("{other:?} does not say {says}"),
    }
}

on_both_engines! {
    async fn t10_a_number_that_changed_on_monday_is_on_the_page_and_open_at_three_places(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        desk.change(&code, None, Deed::Verify { check: None }).await;
        let (card, audit) = desk.read(&code).await;
        assert_eq!((card.standing.state, audit.open.len()), (State::Posted, 0));

        desk.now_is(MONDAY);
        desk.phone_is("021-64009999").await;
        desk.now_is(MONDAY + 4 * DAY);
        let (card, audit) = desk.read(&code).await;
        assert_eq!(card.standing.state, State::Stale);
        assert_eq!(card.standing.reasons, [Reason::PhoneChanged]);
        let open: Vec<_> = audit.open.iter().map(|open| (open.task, open.place.as_str())).collect();
        let repost = Task::Repost;
        assert_eq!(open, [(repost, "1号楼"), (repost, "2号楼"), (repost, "3号楼")]);
        assert!(audit.open.iter().all(|open| open.overdue));
        // Three working days after Monday end with Thursday.
        let thursday_ends = MONDAY + 4 * DAY - 9 * HOUR;
        assert!(audit.open.iter().all(|open| open.due == Some(thursday_ends)));

        let server = Server::start(&desk.store, Limits::default()).await;
        let shown = page(&server, &code, "").await;
        assert!(shown.contains("021-64009999") && shown.contains("tel:02164009999"), "{shown}");
        assert!(shown.contains("联系电话已更换") && !shown.contains("021-64000001"), "{shown}");
        server.stop().await;

        let place = "1号楼".to_owned();
        refused(desk.try_change(&code, None, Deed::Post { place }).await, "phone_changed");
        let (wanted, reason) = (Wanted::default(), Some("号码更换".to_owned()));
        desk.change(&code, None, Deed::Edit { wanted, reason }).await;
        let (card, audit) = desk.read(&code).await;
        assert_eq!(card.standing.reasons, [Reason::PhoneChanged], "taken over, not hung yet");
        assert_eq!(audit.open.len(), 3);
        assert!(audit.open.iter().all(|open| open.due == Some(thursday_ends)), "nor later");
        for (place, left) in [("1号楼", 2), ("2号楼", 1), ("3号楼", 0)] {
            desk.post(&code, place).await;
            assert_eq!(desk.read(&code).await.1.open.len(), left);
        }
        assert_eq!(desk.read(&code).await.0.standing.state, State::Posted);
    }

    async fn a_card_that_nobody_checks_for_ninety_days_is_out_of_date(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        desk.change(&code, None, Deed::Verify { check: None }).await;
        desk.now_is(NOW + 90 * DAY);
        assert_eq!(desk.read(&code).await.0.standing.state, State::Posted);
        desk.now_is(NOW + 91 * DAY);
        let (card, audit) = desk.read(&code).await;
        assert_eq!(card.standing.reasons, [Reason::CheckOverdue]);
        assert_eq!((audit.open[0].task, audit.checked_in_time), (Task::Recheck, 0));
        desk.change(&code, Some(&desk.officer), Deed::Verify { check: None }).await;
        let (card, audit) = desk.read(&code).await;
        assert_eq!((card.standing.state, audit.checked_in_time), (State::Posted, 1));
    }

    async fn each_state_tells_a_resident_in_both_languages_whom_to_call(store) {
        let desk = Desk::new(store).await;
        let server = Server::start(&desk.store, Limits::default()).await;
        let draft = desk.draft(wanted()).await;
        let approved = desk.draft(wanted()).await;
        desk.approve(&approved).await;
        let (posted, stale) = (desk.posted(wanted()).await, desk.posted(wanted()).await);
        let squad = Wanted { squad: Some("新中队".to_owned()), ..Wanted::default() };
        desk.now_is(NOW + HOUR);
        let reason = Some("调整".to_owned());
        desk.change(&stale, None, Deed::Edit { wanted: squad, reason }).await;
        let replaced = desk.posted(wanted()).await;
        refused(desk.replace(&replaced, &draft).await, "not approved yet");
        desk.replace(&replaced, &approved).await.unwrap();
        let withdrawn = desk.posted(wanted()).await;
        let reason = "合并站点".to_owned();
        desk.change(&withdrawn, None, Deed::Withdraw { reason }).await;
        let unknown = Code::parse("00000000").unwrap();
        for (code, status, zh, en, own, fallback) in [
            (&draft, 200, "还没有张贴", "not posted yet", false, false),
            (&posted, 200, "今天有人值班吗", "Is somebody on duty today?", true, true),
            (&stale, 200, "以本页为准", "This page is right", true, true),
            (&replaced, 200, "已更换", "has been replaced", true, true),
            (&withdrawn, 200, "已撤下", "has been withdrawn", false, true),
            (&unknown, 404, "没有找到", "no such card", false, false),
        ] {
            for (query, says) in [("", zh), ("?lang=en", en)] {
                let answer = page(&server, code, query).await;
                let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
                assert!(body.contains(says), "{says}: {body}");
                assert!(body.contains("tel:12345") && body.contains("tel:12319"), "{body}");
                assert_eq!(body.contains("tel:02164000001"), own, "{says}: {body}");
                assert_eq!(body.contains("tel:02164000002"), fallback, "{says}: {body}");
                assert!(answer.len() < 50_000, "{}", answer.len());
                sober(head, body);
            }
        }
        let shown = page(&server, &replaced, "?lang=en").await;
        assert!(shown.contains(&format!("/c/{}?lang=en", approved.as_str())), "{shown}");
        let nothing = page(&server, &draft, "").await;
        assert!(!nothing.contains("王芳") && !nothing.contains("测试站"), "{nothing}");
        server.stop().await;
    }

    async fn what_people_write_stays_text_on_every_page(store) {
        let desk = Desk::new(store).await;
        let text = || Some(HOSTILE.to_owned());
        let hostile = Wanted {
            phone: Some(format!("{HOSTILE}12345678")),
            squad: text(),
            station_place: text(),
            duty_scope: text(),
            supervision_channel: text(),
            commitments: text(),
            fallback_phone: text(),
            ..wanted()
        };
        let change = OfficerChange {
            name: text(),
            post: text(),
            certificate: text(),
            ..OfficerChange::default()
        };
        write_tx!(desk.store.db, "test", async |tx| {
            Officer::change(tx, &desk.station, &desk.officer, change.clone(), &desk.store.clock).await?;
            set_address(tx, &desk.station, "https://cards.example").await
        }).await.unwrap();
        let code = desk.posted(hostile).await;
        let server = Server::start(&desk.store, Limits::default()).await;
        for query in ["", "?lang=en", "?print=card", "?print=notice&lang=en", "?print=%3Cb&lang=%22"] {
            let answer = page(&server, &code, query).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            assert!(body.contains("&lt;script&gt;") && body.contains("U+202E"), "{query}");
            assert!(!body.contains('\u{202e}') && !body.contains("href=\"tel:1\""), "{query}");
            sober(head, body);
        }
        server.stop().await;
    }

    async fn a_code_is_answered_however_it_is_typed_and_what_is_none_is_told(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        let server = Server::start(&desk.store, Limits::default()).await;
        let asked = async |path: String| {
            let address = server.sync;
            tokio::task::spawn_blocking(move || get(address, &path, "")).await.unwrap()
        };
        for typed in [code.to_string(), code.to_string().to_lowercase()] {
            assert!(asked(format!("/c/{typed}")).await.starts_with("HTTP/1.1 200"), "{typed}");
        }
        for odd in ["x", "%FF%FE", "00000000000000000000000000000000000", "%27%20OR%201=1"] {
            let answer = asked(format!("/c/{odd}")).await;
            assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("12345"), "{answer}");
        }
        server.stop().await;
    }

    async fn the_duty_log_of_the_day_answers_before_the_announced_hours(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        let server = Server::start(&desk.store, Limits::default()).await;
        desk.now_is(MONDAY + HOUR);
        assert!(page(&server, &code, "").await.contains("应有人值班，到11:30"));
        desk.now_is(MONDAY + 5 * HOUR);
        let over = page(&server, &code, "").await;
        assert!(over.contains("今天的服务时间已结束") && over.contains("6月2日 星期二"), "{over}");
        desk.now_is(MONDAY + DAY);
        let line = r#"{"kind":"duty_day","id":"d","day":"2026-06-02","arrived_at":"2026-06-02T08:55:00+08:00"}"#;
        let lines = [Ok(line.to_owned())].into_iter();
        let (store, file) = (&desk.store, Path::new("test"));
        stock::import(&store.db, &store.data, &store.clock, &desk.station, lines, file).await.unwrap();
        let here = page(&server, &code, "").await;
        assert!(here.contains("有人值班。") && here.contains("8时55分到岗，9时00分收到"), "{here}");
        server.stop().await;
    }

    async fn a_photo_is_served_as_a_picture_while_its_card_hangs(store) {
        let desk = Desk::new(store).await;
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\0\0\0\0\
                    \0\0\0\x01IDATx\0\0\0\0\0\0\0\0IEND\0\0\0\0";
        let photo = Some(Photo::read(png).unwrap());
        let code = desk.draft(Wanted { photo, ..wanted() }).await;
        let server = Server::start(&desk.store, Limits::default()).await;
        let path = format!("/c/{}/photo", code.as_str());
        let address = server.sync;
        let asked = async || {
            let path = path.clone();
            tokio::task::spawn_blocking(move || {
                // A picture is no text, so only its head is looked at.
                crate::http::head(address, &path)
            }).await.unwrap()
        };
        assert!(asked().await.starts_with("HTTP/1.1 404"));
        desk.approve(&code).await;
        desk.post(&code, "1号楼").await;
        let head = asked().await;
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-type: image/png"), "{head}");
        assert!(head.contains("nosniff"), "{head}");
        assert!(page(&server, &code, "").await.contains(&format!("{path}?v=")));
        server.stop().await;
    }

    async fn a_deed_on_behalf_of_a_member_needs_the_roles_that_a_phone_would(store) {
        let desk = Desk::new(store).await;
        let code = desk.draft(wanted()).await;
        refused(desk.try_change(&code, Some(&desk.officer), Deed::Approve).await, "may not");
        let stranger = PersonId::new("X1").unwrap();
        let outcome = desk.try_change(&code, Some(&stranger), Deed::Approve).await;
        assert!(matches!(outcome, Err(Error::OfficerUnknown { .. })), "{outcome:?}");
        refused(desk.try_change(&code, None, Deed::Post { place: "1号楼".to_owned() }).await, "approve");
        desk.approve(&code).await;
        refused(desk.try_change(&code, None, Deed::Approve).await, "already");
        refused(desk.try_change(&code, None, Deed::Edit { wanted: Wanted::default(), reason: None }).await, "nothing changes");
        desk.change(&code, None, Deed::Withdraw { reason: "x".to_owned() }).await;
        refused(desk.try_change(&code, None, Deed::Withdraw { reason: "x".to_owned() }).await, "withdrawn");
    }

    async fn a_rebuild_finds_the_same_and_gives_a_lost_code_back(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        let (before, _) = desk.read(&code).await;
        write_tx!(desk.store.db, "test", async |tx| {
            rebuild::check(tx, &desk.station).await?;
            let lost = wardbook::db::Query { name: "test", sql: "DELETE FROM card" };
            tx.exec(lost, args![]).await?;
            rebuild::rewrite(tx, &desk.station).await?;
            rebuild::check(tx, &desk.station).await
        })
        .await
        .unwrap();
        let (after, _) = desk.read(&code).await;
        assert_eq!(before.content, after.content);
    }

    async fn the_console_of_its_own_shows_no_cards_and_residents_no_console(store) {
        let desk = Desk::new(store).await;
        let code = desk.posted(wanted()).await;
        let any = "127.0.0.1:0".parse().unwrap();
        let server = Server::start_on(&desk.store, Limits::default(), Some(any)).await;
        let (sync, console) = (server.sync, server.console);
        let (card, other) = tokio::task::spawn_blocking(move || {
            let path = format!("/c/{}", code.as_str());
            let answer = |address, path: &str| get(address, path, "").starts_with("HTTP/1.1 200");
            ((answer(sync, &path), answer(sync, "/")), (answer(console, &path), answer(console, "/")))
        }).await.unwrap();
        assert_eq!((card, other), ((true, false), (false, true)));
        server.stop().await;
    }
}

/// No script, no cookie, no other host, nothing that tells where the reader came from.
fn sober(head: &str, body: &str) {
    let head = head.to_lowercase();
    assert!(
        head.contains("content-security-policy: default-src 'none'; style-src 'sha256-"),
        "{head}"
    );
    assert!(
        !head.contains("script-src") && !head.contains("unsafe"),
        "{head}"
    );
    assert!(!head.contains("set-cookie"), "{head}");
    assert!(head.contains("referrer-policy: no-referrer"), "{head}");
    for odd in ["<script", "javascript:", "onclick", "//fonts", "style=\""] {
        assert!(!body.contains(odd), "{odd}");
    }
}

#[test]
fn an_operator_takes_a_card_from_draft_to_paper() {
    let operator = Operator::with_station();
    let at = ["--station", "S00"];
    let member = |code, name, role| {
        let person = [
            "officer",
            "add",
            "--officer",
            code,
            "--name",
            name,
            "--role",
            role,
        ];
        operator.done(&[&person[..], &at, &["--phone", "021-64000001"]].concat());
    };
    member("O1", "王芳", "stationed_officer");
    member("L1", "李强", "squad_leader");
    let hours = [
        "--hours",
        "workday 09:00-11:30",
        "--hours",
        "wed 14:00-16:00",
    ];
    let draft = [&["card", "draft", "--officer", "O1"][..], &at, &hours].concat();
    let code = operator.done(&draft).trim().to_owned();
    let card = |deed: &'static str, more: &[&'static str]| {
        let code = code.clone();
        let line = [
            vec!["card".to_owned(), deed.to_owned(), code],
            more.iter().map(|m| (*m).to_owned()).collect(),
        ]
        .concat();
        line
    };
    let done = |deed, more: &[&'static str]| {
        let line = card(deed, more);
        operator.done(&line.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let fails = |deed, more: &[&'static str]| {
        let line = card(deed, more);
        operator.fails(&line.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(fails("print", &[]).contains("not approved yet"));
    done("approve", &["--by", "L1"]);
    assert!(fails("print", &[]).contains("wardbook card address"));
    operator.done(&[&["card", "address", "https://cards.example/"][..], &at].concat());
    let paper = done("print", &["--as", "card"]);
    assert!(
        paper.contains("148mm 105mm") && paper.contains("<svg") && paper.contains(&code),
        "{paper}"
    );
    assert!(
        paper.contains("cards.<wbr>example/") && !paper.contains("{url}"),
        "{paper}"
    );
    assert!(done("qr", &[]).starts_with("<svg"));
    done("post", &["--place", "1号楼", "--by", "O1"]);
    done(
        "verify",
        &[
            "--place",
            "1号楼",
            "--failed",
            "placement",
            "--note",
            "被撕",
        ],
    );
    let list = operator.done(&[&["card", "list", "--audit"][..], &at].concat());
    assert_eq!(list, format!("{code}\tmend\t1号楼\t\t\n"));
    done("take-down", &["--place", "1号楼", "--reason", "拆除"]);
    assert_eq!(
        operator.done(&[&["card", "list", "--audit"][..], &at].concat()),
        ""
    );
    let list = operator.done(&[&["card", "list", "--json"][..], &at].concat());
    assert!(
        list.contains("\"state\":\"posted\"") && list.contains(&code),
        "{list}"
    );
    let file = operator.path("no.png");
    std::fs::write(&file, "GIF89a").unwrap();
    let line = operator.fails(&["card", "edit", &code, "--reason", "x", "--photo", &file]);
    assert!(line.contains("neither a JPEG nor a PNG"), "{line}");
    let line = operator.fails(&["card", "approve", "00000000", "--by", "L1"]);
    assert!(line.contains("no such card 0000-0000"), "{line}");
}
