//! A store that enrols anew loses nothing and doubles nothing.

use proptest::prelude::*;

use super::phone::{Phone, at, log_row, set};
use super::server::Server;
use super::{LEADER, OFFICER, station};
use crate::catalogue::Catalogue;
use crate::fieldbook::*;
use crate::ids::{ActId, RecordId};
use crate::record::change::Scalar;
use crate::record::export;
use crate::record::view::View;
use crate::record::write::{Edit, Refused, Spot};

/// What a record says, without the names of those who said it.
fn content(view: &View) -> serde_json::Value {
    let kind = Catalogue::embedded().kinds.get(&view.kind);
    let mut line = export::line(view, kind);
    line.remove("id");
    let body = line.get_mut("body").and_then(|body| body.as_object_mut());
    body.unwrap().remove("id");
    serde_json::Value::Object(line)
}

fn recorded(view: &View) -> Vec<i64> {
    let changes = view.changes.iter();
    changes.map(|change| change.origin.at).collect()
}

/// All records of a server, as they read.
fn books(server: &Server) -> Vec<serde_json::Value> {
    let mut all: Vec<_> = server.records.keys().copied().collect();
    all.retain(|record| !server.records[record].history.is_empty());
    let mut books: Vec<_> = all
        .into_iter()
        .map(|record| content(&server.view(record)))
        .collect();
    books.sort_by_key(ToString::to_string);
    books
}

/// A phone with a case in the books, one closed and one not, and changes to each.
fn with_unsent(server: &mut Server) -> (Phone, Vec<RecordId>) {
    let mut phone = Phone::join(server, 1, LEADER);
    let first = phone.new_case();
    phone.sync(server);
    let second = phone.new_case();
    phone.change(first, vec![log_row("已封")]).unwrap();
    phone.play(Input::Close).unwrap();
    let third = phone.new_case();
    let row = phone.view(first).rows.keys().next().unwrap().clone();
    let cell = Edit::Set {
        spot: Spot::Cell {
            row,
            cell: "text".into(),
        },
        value: Scalar::Str("改写".into()),
    };
    phone.change(first, vec![cell, set("place", "甲")]).unwrap();
    phone.change(second, vec![log_row("未封")]).unwrap();
    let handler = Edit::Add {
        field: "handlers".into(),
        value: Scalar::Str("O0001".into()),
    };
    phone.change(third, vec![handler]).unwrap();
    (phone, vec![first, second, third])
}

fn written_anew(phone: &mut Phone, server: &mut Server) -> Vec<Reply> {
    let mut told = Vec::new();
    for _ in 0..10 {
        let answer = server.sync(&phone.request());
        let replies = phone.play(Input::Answer(answer)).unwrap();
        let more = matches!(replies.first(), Some(Reply::Synced(synced)) if synced.more);
        told.extend(replies.into_iter().skip(1));
        if !more {
            break;
        }
    }
    told
}

#[test]
fn a_restored_store_writes_anew_what_was_not_sent_and_nothing_else() {
    let mut server = station();
    let (phone, records) = with_unsent(&mut server);
    let contents: Vec<_> = records.iter().map(|id| content(&phone.view(*id))).collect();
    let clocks: Vec<_> = records
        .iter()
        .map(|id| recorded(&phone.view(*id)))
        .collect();
    let mut copy = phone.copy(9);
    copy.enrol(&mut server, LEADER, true);
    copy.restart();
    assert_eq!(copy.book.status().anew, 6);
    // All of it is still to be seen before the server is met.
    for (record, content_then) in records.iter().zip(&contents) {
        assert_eq!(content(&copy.view(*record)), *content_then);
    }
    let told = written_anew(&mut copy, &mut server);
    assert!(
        told.contains(&Reply::WrittenAnew {
            written: 6,
            held: 0
        }),
        "{told:?}"
    );
    copy.sync(&mut server);
    let status = copy.book.status();
    assert_eq!((status.saved, status.sent, status.registered), (7, 7, 7));
    assert_eq!((status.held, status.anew), (0, 0));
    let mut expected = contents;
    expected.sort_by_key(ToString::to_string);
    assert_eq!(books(&server), expected);
    let mut then = clocks;
    then.sort();
    let mut now: Vec<_> = copy
        .list()
        .iter()
        .map(|row| recorded(&copy.view(row.record)))
        .collect();
    now.sort();
    assert_eq!(now, then);
    for row in copy.list() {
        copy.agrees(&server, row.record);
    }
    assert!(!copy.table.keys().any(|key| key.starts_with("was/")));
    copy.new_case();
    assert_eq!(copy.sync(&mut server).registered, 1);
}

#[test]
fn what_the_server_has_without_this_phone_knowing_is_not_doubled() {
    let mut server = station();
    let (mut phone, _) = with_unsent(&mut server);
    // Everything arrives, and the answer is lost with the phone.
    let mut copy = phone.copy(9);
    drop(server.sync(&phone.request()));
    let before = books(&server);
    copy.enrol(&mut server, LEADER, true);
    let told = written_anew(&mut copy, &mut server);
    copy.sync(&mut server);
    let nothing = Reply::WrittenAnew {
        written: 0,
        held: 0,
    };
    assert!(told.contains(&nothing), "{told:?}");
    assert_eq!(books(&server), before);
    let status = copy.book.status();
    assert_eq!((status.saved, status.registered, status.anew), (7, 7, 0));
}

#[test]
fn a_cut_at_any_step_loses_and_doubles_nothing() {
    let whole = {
        let mut server = station();
        let (mut phone, _) = with_unsent(&mut server);
        phone.sync(&mut server);
        books(&server)
    };
    for cut in 0..6 {
        let mut server = station();
        let (phone, _) = with_unsent(&mut server);
        let mut copy = phone.copy(9);
        let body = copy.ask_to_join(true);
        let answer = server.join(&copy.person.clone(), LEADER, &body);
        if cut > 0 {
            copy.play(Input::Joined(answer)).unwrap();
        }
        // The connection ends after the server has heard, before or after the phone has.
        for round in 1..cut {
            let answer = server.sync(&copy.request());
            if round % 2 == 0 {
                let effects = copy.try_one(Input::Answer(answer)).unwrap();
                copy.commit(&effects);
            }
            copy.restart();
        }
        if cut == 0 {
            copy.restart();
            copy.enrol_again(&mut server);
        }
        copy.sync(&mut server);
        copy.sync(&mut server);
        assert_eq!(books(&server), whole, "cut {cut}");
        assert_eq!(copy.book.status().registered, 7, "cut {cut}");
    }
}

#[test]
fn two_copies_that_both_go_on_write_what_they_share_once() {
    let mut server = station();
    let (phone, records) = with_unsent(&mut server);
    let (mut one, mut two) = (phone.copy(8), phone.copy(9));
    for (copy, text) in [(&mut one, "左"), (&mut two, "右")] {
        copy.change(records[2], vec![log_row(text)]).unwrap();
        // Both give it the same number and the same id.
        let edits = vec![
            set("source", "patrol"),
            set("cause", text),
            at("offence_at", 1_778_490_000_000),
            set("place", "街口"),
        ];
        let create = Deed::Create {
            kind: "case".into(),
            external_id: None,
            edits,
        };
        copy.act(vec![create]).unwrap();
    }
    // One of them goes on under the old name before it is ended.
    let mut first = phone.copy(1);
    first.table = one.table.clone();
    first.restart();
    drop(server.sync(&first.request()));
    for copy in [&mut one, &mut two] {
        copy.enrol(&mut server, LEADER, true);
        copy.sync(&mut server);
    }
    one.sync(&mut server);
    assert_eq!(books(&server).len(), 5);
    let rows = |phone: &Phone| -> Vec<usize> {
        let mut rows: Vec<_> = phone
            .list()
            .iter()
            .map(|row| phone.view(row.record).rows.len())
            .collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(rows(&one), [0, 0, 1, 1, 2]);
    assert_eq!(rows(&two), [0, 0, 1, 1, 2]);
    for row in two.list() {
        two.agrees(&server, row.record);
    }
    assert_eq!((one.list().len(), two.list().len()), (5, 5));
}

#[test]
fn what_the_old_phone_still_sends_is_held_and_written_anew_by_itself_once_it_joins_anew() {
    let mut server = station();
    let (mut phone, records) = with_unsent(&mut server);
    let mut copy = phone.copy(9);
    copy.enrol(&mut server, LEADER, true);
    copy.sync(&mut server);
    let books_then = books(&server);
    // The original knows nothing of it.
    phone.change(records[0], vec![log_row("原机")]).unwrap();
    let request = phone.request();
    drop(server.sync(&request));
    assert_eq!(books(&server), books_then);
    let mut anew = phone.copy(7);
    anew.enrol(&mut server, LEADER, true);
    anew.sync(&mut server);
    copy.sync(&mut server);
    assert_eq!(copy.view(records[0]).rows.len(), 2);
    assert_eq!(books(&server).len(), 3);
    copy.agrees(&server, records[0]);
    anew.agrees(&server, records[0]);
}

#[test]
fn a_right_that_was_lost_meanwhile_puts_the_act_into_the_tray_and_the_rest_goes_on() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, LEADER);
    let record = phone.new_case();
    phone.sync(&mut server);
    phone.change(record, vec![set("level", "station")]).unwrap();
    phone.change(record, vec![log_row("随后")]).unwrap();
    let device = phone.key.device();
    let mut copy = phone.copy(9);
    copy.enrol(&mut server, OFFICER, true);
    copy.sync(&mut server);
    let tray = copy.tray();
    assert_eq!(tray.len(), 1);
    assert_eq!(
        (tray[0].act, tray[0].code.as_str()),
        (ActId { device, n: 2 }, "forbidden")
    );
    assert_eq!(copy.view(record).rows.len(), 1);
    server.grant(&copy.person.clone(), LEADER, None);
    copy.sync(&mut server);
    let deeds = copy.query(|book, loaded| book.again(loaded, tray[0].act));
    let again = Some(tray[0].act);
    copy.play(Input::Record { act: deeds, again }).unwrap();
    copy.sync(&mut server);
    assert!(copy.tray().is_empty());
    copy.agrees(&server, record);
}

#[test]
fn only_a_copy_may_join_anew_and_only_for_its_own_officer() {
    let mut server = station();
    let (phone, _) = with_unsent(&mut server);
    let mut other = phone.copy(9);
    let join = |anew| Input::Join {
        code: super::server::Server::code(),
        station: None,
        name: "一号".into(),
        sign_key: other.key.public(),
        agree_key: other.key.public(),
        anew,
    };
    let (plain, anew) = (join(false), join(true));
    let refused = other.play(plain);
    assert!(matches!(refused, Err(Refusal::Enrolled(_))), "{refused:?}");
    let replies = other.play(anew).unwrap();
    let [Reply::JoinRequest(body)] = replies.as_slice() else {
        panic!("{replies:?}")
    };
    let colleague = crate::ids::PersonId::new("O0077").unwrap();
    let answer = server.join(&colleague, OFFICER, body);
    let refused = other.play(Input::Joined(answer));
    assert!(
        matches!(refused, Err(Refusal::OtherPerson { .. })),
        "{refused:?}"
    );
    assert_eq!(other.book.status(), phone.book.status());
}

#[test]
fn a_phone_that_finds_its_name_used_elsewhere_may_join_anew_and_sync_again() {
    for turned_away in [true, false] {
        let mut server = station();
        let (mut phone, records) = with_unsent(&mut server);
        let mut twin = phone.copy(1);
        twin.change(records[0], vec![log_row("孪生")]).unwrap();
        let request = twin.copy(1).request();
        phone.sync(&mut server);
        let found = match turned_away {
            true => {
                let hash = unsent_hash(&mut twin);
                Input::TurnedAway(vec![(hash, "frozen".into())])
            }
            // The log holds envelopes of this name that this phone never closed.
            false => Input::Answer(server.log_after(&request)),
        };
        let replies = twin.play(found).unwrap();
        assert!(matches!(&replies[..], [Reply::Alarm(_)]), "{replies:?}");
        assert!(twin.book.is_doubled());
        let next = Input::NextRequest {
            limit: None,
            wait_ms: None,
        };
        assert_eq!(twin.play(next), Err(Refusal::Doubled));
        // What the log proves is not cleared; what the server says may be asked for again.
        let mut cleared = twin.copy(1);
        let is_proved = cleared.play(Input::ClearAlarm) == Err(Refusal::Doubled);
        assert_eq!(is_proved, !turned_away);
        twin = twin.copy(9);
        twin.enrol(&mut server, LEADER, false);
        assert!(!twin.book.is_doubled() && twin.book.alarm().is_none());
        assert!(twin.book.alarms()[0].cleared.is_some());
        twin.sync(&mut server);
        let rows = twin.list().into_iter();
        let rows: usize = rows.map(|row| twin.view(row.record).rows.len()).sum();
        assert_eq!((rows, books(&server).len()), (3, 3));
        for row in twin.list() {
            twin.agrees(&server, row.record);
        }
    }
}

/// The first envelope that the phone would send.
fn unsent_hash(phone: &mut Phone) -> crate::ids::Hash {
    use crate::envelope::{Envelope, Signed};
    use crate::sync::SyncRequest;
    use crate::sync::message::Message as _;
    let request = phone.request();
    let request = Signed::<SyncRequest>::from_wire(&request).unwrap();
    let bytes = &request.message.envelopes[0].bytes;
    Envelope::decode(bytes).unwrap().hash()
}

fn an_edit() -> impl Strategy<Value = (usize, Edit)> {
    let text = "[a-z]{1,8}|[一-龥]{1,4}";
    let edit = prop_oneof![
        text.prop_map(|text| set("place", &text)),
        text.prop_map(|text| set("cause", &text)),
        (1_778_000_000_000_i64..1_778_400_000_000).prop_map(|ms| at("offence_at", ms)),
        text.prop_map(|text| log_row(&text)),
        "O000[0-9]".prop_map(|person| Edit::Add {
            field: "handlers".into(),
            value: Scalar::Str(person),
        }),
        text.prop_map(|reason| Edit::Amend { reason }),
    ];
    (0_usize..3, edit)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn an_act_written_anew_says_what_the_original_said(
        edits in proptest::collection::vec(an_edit(), 1..12),
        closed in 0_usize..12,
    ) {
        let mut server = station();
        let mut phone = Phone::join(&mut server, 1, LEADER);
        let records = [phone.new_case(), phone.new_case(), phone.new_case()];
        for (at, (record, edit)) in edits.into_iter().enumerate() {
            if at == closed {
                phone.play(Input::Close).unwrap();
            }
            // Saying what stands there already is no act.
            let changed = phone.change(records[record], vec![edit]);
            let said_nothing = matches!(changed, Err(Refusal::Write(Refused::Nothing)));
            prop_assert!(changed.is_ok() || said_nothing, "{changed:?}");
        }
        let mut expected: Vec<_> = records.iter().map(|id| content(&phone.view(*id))).collect();
        expected.sort_by_key(ToString::to_string);
        let saved = phone.book.status().saved;
        let mut copy = phone.copy(9);
        copy.enrol(&mut server, LEADER, true);
        let synced = copy.sync(&mut server);
        prop_assert_eq!((synced.registered, synced.held), (saved, 0));
        prop_assert_eq!(books(&server), expected);
    }
}
