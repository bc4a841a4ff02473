//! Phones, an honest server, and what goes wrong between them.

mod anew;
mod middleman;
mod officers_day;
mod phone;
mod server;

use std::collections::BTreeMap;

use super::*;
use crate::catalogue::Catalogue;
use crate::envelope::sign::Signed;
use crate::envelope::{Act, Behalf, Original, Outcome, Part, Statement, Verdict};
use crate::ids::{ActId, RecordId};
use crate::record::change::Scalar;
use crate::record::write::{self, Edit, Pen, Spot};
use crate::sync::message::Message as _;
use crate::sync::{SyncRequest, SyncResponse};
use phone::{Phone, at, log_row, open, set, step};
use server::Server;

const OFFICER: &[&str] = &["stationed_officer"];
const LEADER: &[&str] = &["stationed_officer", "squad_leader"];

fn station() -> Server {
    Server::new(Catalogue::embedded().clone())
}

#[test]
fn a_morning_without_signal_becomes_registered() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let record = phone.new_case();
    phone.change(record, vec![log_row("到场")]).unwrap();
    assert_eq!(phone.show(record).words, [Word::Saved, Word::Saved]);
    assert_eq!(
        phone.book.status(),
        Status {
            saved: 2,
            ..Status::default()
        }
    );

    let synced = phone.sync(&mut server);
    assert_eq!((synced.sent, synced.registered), (2, 2));
    assert_eq!(
        phone.show(record).words,
        [Word::Registered, Word::Registered]
    );
    phone.agrees(&server, record);
    let status = Status {
        saved: 2,
        sent: 2,
        registered: 2,
        ..Status::default()
    };
    assert_eq!(phone.book.status(), status);
    phone.restart();
    assert_eq!(phone.book.status(), status);
    assert_eq!(phone.sync(&mut server), Synced::default());
    let list = phone.list();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].title.as_str(), list[0].state.as_str()),
        ("占道经营", "lead")
    );
    assert_eq!(list[0].day, "2026-05-11");
}

#[test]
fn two_phones_that_change_one_field_at_once_both_show_both_values_until_one_settles() {
    // One of the two is the value that the merged document shows first: it can be chosen as well.
    for chosen in ["甲", "乙", "丙"] {
        shows_both_until_settled_to(chosen);
    }
}

fn shows_both_until_settled_to(chosen: &str) {
    let mut server = station();
    let mut one = Phone::join(&mut server, 1, OFFICER);
    let record = one.new_case();
    let handlers = ["O0001", "O0002"].map(|person| Edit::Add {
        field: "handlers".into(),
        value: Scalar::Str(person.into()),
    });
    one.change(record, handlers.into()).unwrap();
    one.sync(&mut server);
    let mut two = Phone::join(&mut server, 2, OFFICER);
    one.sync(&mut server);
    one.change(record, vec![set("place", "甲")]).unwrap();
    two.change(record, vec![set("place", "乙")]).unwrap();
    one.sync(&mut server);
    two.sync(&mut server);
    one.sync(&mut server);
    for phone in [&one, &two] {
        phone.agrees(&server, record);
        assert_eq!(phone.show(record).conflicts().len(), 1);
        assert!(phone.list()[0].conflict);
    }
    let refused = two.change(record, vec![set("place", "丙")]).unwrap_err();
    assert!(
        matches!(refused, Refusal::Write(write::Refused::Conflicted { .. })),
        "{refused}"
    );
    for (value, other) in [("甲", "丁"), ("乙", "戊")] {
        let spot = Spot::Field("place".into());
        let value = Scalar::Str(value.into());
        let settle = Edit::Settle { spot, value };
        // Each of the two may be the one that is settled on.
        let mut apart = two.copy(2);
        apart.change(record, vec![settle]).unwrap();
        let view = apart.view(record);
        let earlier = &view.fields["place"].earlier;
        assert!(earlier.iter().all(|written| written.value != Scalar::Null));
        apart.change(record, vec![set("place", other)]).unwrap();
    }
    let spot = Spot::Field("place".into());
    let value = Scalar::Str(chosen.into());
    two.change(record, vec![Edit::Settle { spot, value }])
        .unwrap();
    two.sync(&mut server);
    one.sync(&mut server);
    one.agrees(&server, record);
    assert!(one.show(record).conflicts().is_empty());
}

#[test]
fn a_colleague_carries_the_work_of_a_phone_that_never_meets_the_server() {
    let mut server = station();
    let mut one = Phone::join(&mut server, 1, OFFICER);
    let mut two = Phone::join(&mut server, 2, OFFICER);
    one.sync(&mut server);
    let record = one.new_case();
    let offer = message(two.play(Input::Offer).unwrap());
    let answer = message(one.play(Input::AnswerOffer(offer)).unwrap());
    let absorbed = two.play(Input::Absorb(answer.clone())).unwrap();
    assert!(matches!(
        absorbed.last(),
        Some(Reply::Absorbed(Absorbed {
            stored: 1,
            acts: 1,
            held: 0,
            ..
        }))
    ));
    // Provisional, but there: two goes on with it.
    two.change(record, vec![log_row("接手")]).unwrap();
    assert!(two.play(Input::Absorb(answer)).is_ok());
    let synced = two.sync(&mut server);
    assert_eq!((synced.sent, synced.registered), (1, 1));
    two.agrees(&server, record);
    assert_eq!(two.show(record).words, [Word::Registered, Word::Registered]);
    // One hears of it from two, by the second and third message.
    let offer = message(one.play(Input::Offer).unwrap());
    let answer = message(two.play(Input::AnswerOffer(offer)).unwrap());
    one.play(Input::Absorb(answer)).unwrap();
    one.agrees(&server, record);
    let synced = one.sync(&mut server);
    assert_eq!((synced.sent, synced.registered), (1, 1));
    one.agrees(&server, record);
}

#[test]
fn an_envelope_that_comes_before_its_predecessor_waits_and_is_freed() {
    let mut server = station();
    let mut one = Phone::join(&mut server, 1, OFFICER);
    let mut two = Phone::join(&mut server, 2, OFFICER);
    one.sync(&mut server);
    let record = one.new_case();
    one.play(Input::Close).unwrap();
    one.change(record, vec![log_row("二")]).unwrap();
    let offer = message(two.play(Input::Offer).unwrap());
    let whole = message(one.play(Input::AnswerOffer(offer)).unwrap());
    let mut late = crate::sync::Answer::from_wire(&whole).unwrap();
    let mut early = late.clone();
    late.envelopes.remove(0);
    early.envelopes.truncate(1);
    two.play(Input::Absorb(late.to_wire())).unwrap();
    assert!(two.list().is_empty());
    two.restart();
    two.play(Input::Absorb(early.to_wire())).unwrap();
    assert_eq!(two.view(record).rows.len(), 1);
    assert!(!two.table.keys().any(|key| key.starts_with("wait/")));
}

/// One who is squad leader writes something that only that role may, loses the role, syncs.
fn held(server: &mut Server) -> (Phone, RecordId) {
    let mut phone = Phone::join(server, 1, LEADER);
    let record = phone.new_case();
    phone.sync(server);
    phone.change(record, vec![set("level", "station")]).unwrap();
    phone.change(record, vec![log_row("随后")]).unwrap();
    server.grant(&phone.person.clone(), OFFICER, None);
    let synced = phone.sync(server);
    assert_eq!((synced.sent, synced.held), (2, 2));
    (phone, record)
}

#[test]
fn a_held_act_lies_in_the_tray_and_is_admitted_when_submitted_again_under_the_next_generation() {
    let mut server = station();
    let (mut phone, record) = held(&mut server);
    phone.agrees(&server, record);
    let tray = phone.tray();
    assert_eq!(tray.len(), 2);
    assert_eq!(
        (tray[0].code.as_str(), tray[0].detail.as_str()),
        ("forbidden", "level")
    );
    assert_eq!(tray[1].code, "stranded");
    let refused = phone.change(record, vec![set("level", "station")]);
    assert!(matches!(refused, Err(Refusal::Gate(_))), "{refused:?}");

    server.grant(&phone.person.clone(), LEADER, None);
    phone.sync(&mut server);
    for (item, edit) in tray.iter().zip([set("level", "station"), log_row("随后")]) {
        let act = vec![Deed::Change {
            record,
            edits: vec![edit],
        }];
        let again = Some(item.act);
        phone.play(Input::Record { act, again }).unwrap();
    }
    assert!(phone.tray().is_empty());
    let synced = phone.sync(&mut server);
    assert_eq!((synced.registered, synced.held), (2, 0));
    phone.agrees(&server, record);
    let view = phone.view(record);
    assert_eq!(view.rows.len(), 1);
    assert_eq!(server.records[&record].generations[&phone.key.device()], 1);
}

#[test]
fn what_the_server_writes_anew_takes_the_place_of_the_stranded_original() {
    let mut server = station();
    let (mut phone, record) = held(&mut server);
    let stranded = phone.tray()[1].act;
    let server_person = crate::ids::PersonId::server();
    let pen = Pen {
        station: &server.station.clone(),
        device: server.key.device(),
        g: 0,
        person: &server_person,
        at: server.now,
    };
    let kind = Catalogue::embedded().kinds.get("case");
    let history = &server.records[&record].history;
    let change = write::change(history, kind, &[log_row("随后")], &pen).unwrap();
    let act = Act {
        n: server.next_own_act(),
        at: server.now,
        mono: 0,
        parts: vec![Part {
            record,
            g: 0,
            change,
            made: None,
        }],
        again: None,
        on_behalf: Some(Behalf {
            person: phone.person.clone(),
            original: Some(Original {
                act: stranded,
                envelope: crate::ids::Hash::ZERO,
                at: 1_778_490_000_000,
                renamed: vec![],
            }),
        }),
    };
    let verdict = Verdict {
        act: stranded,
        envelope: crate::ids::Hash::ZERO,
        code: "stranded".into(),
        detail: String::new(),
        outcome: Outcome::Rewritten {
            as_: ActId {
                device: server.key.device(),
                n: act.n,
            },
        },
    };
    server.state(vec![act], vec![Statement::Verdict(verdict)]);
    let synced = phone.sync(&mut server);
    assert_eq!(synced.registered, 1);
    phone.agrees(&server, record);
    assert_eq!(phone.tray().len(), 1);
    assert_eq!(phone.book.status().held, 1);
    assert_eq!(
        phone.view(record).changes.last().unwrap().origin.act,
        stranded
    );
}

#[test]
fn a_crash_before_the_batch_is_committed_loses_nothing_that_was_saved_and_repeats_nothing() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let record = phone.new_case();
    let input = Input::Record {
        act: vec![Deed::Change {
            record,
            edits: vec![log_row("断电")],
        }],
        again: None,
    };
    drop(phone.try_one(input.clone()).unwrap());
    phone.restart();
    assert_eq!(phone.view(record).rows.len(), 0);
    phone.play(input).unwrap();
    assert_eq!(phone.view(record).rows.len(), 1);

    // Closed and committed, the signatures never came.
    let effects = phone.try_one(Input::Close).unwrap();
    phone.commit(&effects);
    phone.restart();
    // Answered, but the answer was lost with the program.
    let request = phone.request();
    let answer = server.sync(&request);
    drop(phone.try_one(Input::Answer(answer.clone())).unwrap());
    phone.restart();
    let synced = phone.sync(&mut server);
    assert_eq!((synced.sent, synced.registered), (2, 2));
    phone.play(Input::Answer(answer)).unwrap();
    assert_eq!(phone.book.status().registered, 2);
    phone.agrees(&server, record);
    assert_eq!(
        server
            .log
            .iter()
            .filter(|(e, _)| e.device == phone.key.device())
            .count(),
        1
    );
}

#[test]
fn answers_that_come_twice_or_late_change_nothing_and_lose_nothing() {
    let mut server = station();
    let mut one = Phone::join(&mut server, 1, OFFICER);
    let mut two = Phone::join(&mut server, 2, OFFICER);
    let records: Vec<RecordId> = (0..3)
        .map(|_| {
            let record = one.new_case();
            one.sync(&mut server);
            record
        })
        .collect();
    server.page = 2;
    let first = server.sync(&two.request());
    two.play(Input::Answer(first.clone())).unwrap();
    let second = server.sync(&two.request());
    two.play(Input::Answer(second.clone())).unwrap();
    two.play(Input::Answer(first.clone())).unwrap();
    two.play(Input::Answer(second.clone())).unwrap();
    two.sync(&mut server);
    for record in &records {
        two.agrees(&server, *record);
    }
    // Out of order: the later one is refused, and asked for again.
    let mut three = Phone::join(&mut server, 3, OFFICER);
    server.page = usize::MAX;
    one.new_case();
    one.sync(&mut server);
    let early = server.sync(&three.request());
    one.new_case();
    one.sync(&mut server);
    let mut gap = SyncResponse::from_wire(&server.sync(&three.request())).unwrap();
    gap.entries.remove(0);
    let refused = three.play(Input::Answer(gap.to_wire())).unwrap_err();
    assert!(matches!(refused, Refusal::Gap { .. }), "{refused}");
    three.play(Input::Answer(early)).unwrap();
    three.sync(&mut server);
    assert_eq!(three.list().len(), 5);
}

#[test]
fn a_server_that_shows_another_history_is_caught_and_syncing_stops() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let record = phone.new_case();
    phone.sync(&mut server);
    server.log[0].0.received_at += 1;
    server.grant(&phone.person.clone(), LEADER, None);
    let answer = server.sync(&phone.request());
    let replies = phone.play(Input::Answer(answer)).unwrap();
    assert!(matches!(&replies[..], [Reply::Alarm(_)]), "{replies:?}");
    phone.restart();
    assert!(phone.book.alarm().is_some());
    phone.change(record, vec![log_row("照常记录")]).unwrap();
    let refused = phone.play(Input::NextRequest {
        limit: None,
        wait_ms: None,
    });
    assert!(matches!(refused, Err(Refusal::Alarm(_))), "{refused:?}");
}

#[test]
fn a_head_that_another_key_signed_is_refused() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    server.grant(&phone.person.clone(), LEADER, None);
    let mut answer = SyncResponse::from_wire(&server.sync(&phone.request())).unwrap();
    let head = answer.head.as_ref().unwrap().message;
    answer.head = Some(Signed::by(&phone.key, head));
    let refused = phone.play(Input::Answer(answer.to_wire()));
    assert_eq!(refused, Err(Refusal::NotTheServer));
    phone.sync(&mut server);
}

#[test]
fn what_the_server_needs_goes_out_first() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    phone.new_case();
    phone.play(Input::Close).unwrap();
    phone.new_case();
    let request = Signed::<SyncRequest>::from_wire(&phone.request())
        .unwrap()
        .message;
    assert_eq!(request.envelopes.len(), 2);
    let mut answer = SyncResponse::nothing_new(request.nonce);
    answer.need = vec![crate::sync::Want {
        device: phone.key.device(),
        seq: 1,
    }];
    answer.want_vector = true;
    phone.play(Input::Answer(answer.to_wire())).unwrap();
    let request = Signed::<SyncRequest>::from_wire(&phone.request())
        .unwrap()
        .message;
    assert_eq!(request.vector.unwrap()[&phone.key.device()], 2);
    assert_eq!(phone.sync(&mut server).registered, 2);
}

#[test]
fn acts_of_an_older_charter_are_closed_under_it_and_never_share_an_envelope_with_newer_ones() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let request = phone.request();
    server.grant(&phone.person.clone(), LEADER, None);
    Phone::join(&mut server, 2, OFFICER);
    let answer = server.sync(&request);
    let record = phone.new_case();
    // The newer charter comes while the act still waits.
    phone.play(Input::Answer(answer)).unwrap();
    phone.change(record, vec![set("level", "station")]).unwrap();
    let synced = phone.sync(&mut server);
    assert_eq!((synced.registered, synced.held), (2, 0));
    let epochs: Vec<u64> = server
        .log
        .iter()
        .filter(|(entry, _)| entry.device == phone.key.device())
        .map(|(_, envelope)| envelope.body.epoch.n)
        .collect();
    assert_eq!(epochs, [1, 3]);
}

#[test]
fn what_cannot_be_recorded_is_refused_with_what_is_missing() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let create = |kind: &str, edits| Deed::Create {
        kind: kind.into(),
        external_id: None,
        edits,
    };
    let refused = |phone: &mut Phone, deed| phone.act(vec![deed]).unwrap_err().to_string();
    assert!(
        refused(&mut phone, create("casse", vec![]))
            .contains("no kind casse; known: action_item, activity, case")
    );
    assert!(
        refused(&mut phone, create("case", vec![set("couse", "x")])).contains("no field couse")
    );
    let missing = refused(&mut phone, create("case", vec![set("cause", "x")]));
    assert_eq!(missing, "still to be filled in: source, offence_at, place");
    let record = phone.new_case();
    let change = |edits| Deed::Change { record, edits };
    assert_eq!(
        refused(&mut phone, change(vec![step("served")])),
        "served does not follow lead; from there: lead_extended, filing_review, not_filed, transferred, on_spot_checked, on_spot_decided"
    );
    // Nobody here has a certificate.
    let handler = Edit::Add {
        field: "handlers".into(),
        value: Scalar::Str("O0001".into()),
    };
    phone.change(record, vec![handler]).unwrap();
    let alone = refused(&mut phone, change(vec![step("on_spot_decided")]));
    assert!(
        alone.starts_with("on_spot_decided: ") && alone.contains("ask the squad for reinforcement"),
        "{alone}"
    );
    let wrong = refused(&mut phone, change(vec![at("cause", 3)]));
    assert!(wrong.contains("cause of case"), "{wrong}");
    let long = "长".repeat(6000);
    let long = refused(&mut phone, change(vec![set("cause", &long)]));
    assert!(long.contains("16384"), "{long}");
    assert_eq!(phone.act(vec![]), Err(Refusal::NothingToDo));
    assert_eq!(phone.book.status().saved, 2);
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_says_so() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    phone.table.insert("meta".into(), vec![0x18, 99]);
    let error = open(&phone.table).unwrap_err();
    assert!(
        error.to_string().contains("install the newer program"),
        "{error}"
    );
    let empty = open(&BTreeMap::new()).unwrap();
    assert_eq!(empty.enrolled(), None);
}

#[test]
fn one_act_of_several_deeds_is_whole_and_its_lines_are_played_once() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let file = crate::ids::Hash::of(b"file");
    let line = |line, text: &str, then: Option<&str>| Input::Line {
        file,
        line,
        text: text.into(),
        then: then.map(str::to_owned),
    };
    let create = r#"{"op":"create","id":"c1","kind":"case","body":{"kind":"case","id":"c1","source":"patrol","cause":"x","offence_at":"2026-05-11T01:00:00.000Z","place":"y"}}"#;
    phone.play(line(1, create, None)).unwrap();
    let again = phone.play(line(1, create, None)).unwrap();
    assert!(matches!(again[..], [Reply::Skipped { .. }]));
    let set = r#"{"op":"set","id":"c1","fields":{"place":"z"}}"#;
    let append = r#"{"op":"append","id":"c1","field":"log","items":[{"text":"到场"}]}"#;
    phone.play(line(2, set, Some(append))).unwrap();
    assert_eq!(phone.book.status().saved, 2);
    let wrong = r#"{"op":"set","id":"c1","fields":{"plaice":"z"}}"#;
    let refused = phone.play(line(4, wrong, None)).unwrap_err();
    assert_eq!(refused.to_string(), "line 4: case has no field plaice");
    let lost = r#"{"op":"set","id":"c9","fields":{"place":"z"}}"#;
    let refused = phone.play(line(5, lost, None)).unwrap_err();
    assert!(refused.to_string().contains("no record c9"));
    phone.sync(&mut server);
    let record = phone.list()[0].record;
    let kind = Catalogue::embedded().kinds.get("case");
    let line = crate::record::export::line(&server.view(record), kind);
    assert_eq!(line["id"], "c1");
    assert_eq!(line["body"]["place"], "z");
    assert_eq!(line["body"]["offence_at"], "2026-05-11T01:00:00.000Z");
    assert_eq!(line["body"]["log"][0]["text"], "到场");
}

fn message(replies: Vec<Reply>) -> Vec<u8> {
    let message = replies.into_iter().find_map(|reply| match reply {
        Reply::Message(bytes) => Some(bytes),
        _ => None,
    });
    message.expect("a message")
}
