//! Contact cards at the operator's desk: what they count as, who may change them, what is open.

use sync_core::ids::PersonId;
use wardbook::card::audit::Task;
use wardbook::card::standing::Reason;
use wardbook::card::{Deed, State, Wanted};
use wardbook::error::Error;
use wardbook::http::Limits;
use wardbook::{args, rebuild, write_tx};

use crate::card_desk::{DAY, Desk, HOUR, MONDAY, page, read, refused, wanted};
use crate::cli::Operator;
use crate::http::Server;
use crate::on_both_engines;
use crate::store::NOW;

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
        let audit = read(&server, "/s/S00/cards?lang=zh".to_owned()).await;
        assert_eq!(audit.matches("换贴新牌").count(), 3, "{audit}");
        assert_eq!(audit.matches("2026年6月4日").count(), 3, "{audit}");
        assert!(audit.contains("已超期") && audit.contains("电话已变更"), "{audit}");
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
            let outcome = rebuild::check(tx, &desk.station).await;
            assert!(matches!(outcome, Err(Error::Differs { what }) if what.contains("no code")));
            rebuild::rewrite(tx, &desk.station).await?;
            rebuild::check(tx, &desk.station).await
        })
        .await
        .unwrap();
        let (after, _) = desk.read(&code).await;
        assert_eq!(before.content, after.content);
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
        [
            vec!["card".to_owned(), deed.to_owned(), code],
            more.iter().map(|m| (*m).to_owned()).collect(),
        ]
        .concat()
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
