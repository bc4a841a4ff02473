//! Contact cards as residents read them, over HTTP.

use std::path::Path;

use wardbook::card::photo::Photo;
use wardbook::card::read::set_address;
use wardbook::card::{Code, Deed, Wanted};
use wardbook::http::Limits;
use wardbook::officer::{Officer, OfficerChange};
use wardbook::{stock, write_tx};

use crate::card_desk::{DAY, Desk, HOUR, MONDAY, page, read, refused, wanted};
use crate::http::{Server, get};
use crate::on_both_engines;
use crate::store::NOW;

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}{name}";

on_both_engines! {
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
        let audit = read(&server, "/s/S00/cards".to_owned()).await;
        assert!(audit.contains("&lt;script&gt;") && !audit.contains("<script>"), "{audit}");
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
