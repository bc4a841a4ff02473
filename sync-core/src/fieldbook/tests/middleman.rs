//! Somebody between phone and server, who reads all and writes what they like.

use super::phone::{Phone, log_row};
use super::{LEADER, OFFICER, station};
use crate::envelope::{CharterDelta, DeviceGrant, Member, ServerKey, Signed, SoftKey, TreeHead};
use crate::fieldbook::*;
use crate::ids::{Epoch, PersonId};
use crate::sync::message::{Message, charter_to_wire};
use crate::sync::{JoinResponse, RecordRequest, RecordResponse, SyncResponse};

fn their_key() -> SoftKey {
    SoftKey::from_secret(&[66; 32]).unwrap()
}

/// A charter that makes the middleman the server, and one of their devices a chief's.
fn their_delta(epoch: Epoch) -> CharterDelta {
    let key = their_key();
    let person = PersonId::new("O0666").unwrap();
    let mut delta = CharterDelta::new(epoch);
    delta.server = Some(ServerKey {
        device: key.device(),
        sign_key: key.public(),
    });
    let device = SoftKey::from_secret(&[67; 32]).unwrap();
    delta.members.push(Member {
        person: person.clone(),
        name: "中间人".into(),
        post: "站长".into(),
        roles: LEADER.iter().map(|role| (*role).to_owned()).collect(),
        active: true,
        certificate: None,
        certificate_until: None,
    });
    delta.devices.push(DeviceGrant {
        device: device.device(),
        person,
        sign_key: device.public(),
        agree_key: Vec::new(),
        removed: false,
    });
    delta
}

fn next(phone: &Phone) -> Epoch {
    let newest = phone.book.charter().newest().unwrap();
    Epoch {
        n: newest.n + 1,
        ..newest
    }
}

#[test]
fn a_charter_that_nobody_signed_makes_nobody_a_server_or_a_member() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let record = phone.new_case();
    let before = phone.book.charter().clone();
    let request = phone.request();
    let mut answer = SyncResponse::from_wire(&server.sync(&request)).unwrap();
    answer.charter = charter_to_wire(&[their_delta(next(&phone))]);
    // What the honest server signed beside it is taken; the charter is not.
    phone.play(Input::Answer(answer.to_wire())).unwrap();
    assert_eq!(*phone.book.charter(), before);
    // The same with a log of their own, under the key that their charter names.
    let mut forged = SyncResponse::nothing_new(answer.nonce);
    forged.charter = answer.charter.clone();
    let head = TreeHead {
        index: server.log.len() as u64 + 1,
        ..server.head(server.log.len())
    };
    forged.head = Some(Signed::by(&their_key(), head));
    let refused = phone.play(Input::Answer(forged.to_wire()));
    assert_eq!(refused, Err(Refusal::NotTheServer));
    phone.agrees(&server, record);
    server.grant(&phone.person.clone(), LEADER, None);
    phone.sync(&mut server);
    assert_eq!(phone.book.roles(), LEADER);
}

#[test]
fn a_charter_slipped_into_the_answer_to_joining_is_found_out_by_the_signed_log() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER).copy(2);
    phone.table.clear();
    phone.restart();
    let body = phone.ask_to_join(false);
    let honest = server.join(&phone.person.clone(), OFFICER, &body);
    let mut slipped = JoinResponse::from_wire(&honest).unwrap();
    let newest = server.charter.newest().unwrap();
    let mut delta = their_delta(Epoch {
        n: newest.n + 1,
        ..newest
    });
    delta.server = None;
    slipped.charter.extend(charter_to_wire(&[delta]));
    phone.play(Input::Joined(slipped.to_wire())).unwrap();
    let answer = server.sync(&phone.request());
    let replies = phone.play(Input::Answer(answer)).unwrap();
    assert!(matches!(&replies[..], [Reply::Alarm(_)]), "{replies:?}");
    assert!(phone.book.alarm().unwrap().contains("charter"));
}

#[test]
fn nobody_becomes_the_server_while_a_phone_joins_anew() {
    let mut server = station();
    let phone = Phone::join(&mut server, 1, OFFICER);
    let mut copy = phone.copy(2);
    let body = copy.ask_to_join(true);
    let honest = server.join(&copy.person.clone(), OFFICER, &body);
    let mut theirs = JoinResponse::from_wire(&honest).unwrap();
    let newest = server.charter.newest().unwrap();
    let delta = their_delta(Epoch {
        n: newest.n + 1,
        ..newest
    });
    theirs.server = delta.server.clone().unwrap();
    theirs.charter.extend(charter_to_wire(&[delta]));
    theirs.head = Signed::by(&their_key(), theirs.head.message);
    let refused = copy.play(Input::Joined(theirs.to_wire()));
    assert_eq!(refused, Err(Refusal::NotTheServer));
    let mut rewritten = JoinResponse::from_wire(&honest).unwrap();
    rewritten.charter.remove(1);
    assert!(copy.play(Input::Joined(rewritten.to_wire())).is_err());
    copy.play(Input::Joined(honest)).unwrap();
    copy.sync(&mut server);
    assert_eq!(copy.book.alarm(), None);
}

#[test]
fn an_alarm_that_was_looked_into_is_cleared_and_kept_and_raised_again_if_it_stands() {
    let mut server = station();
    let mut phone = Phone::join(&mut server, 1, OFFICER);
    let record = phone.new_case();
    phone.sync(&mut server);
    assert_eq!(phone.play(Input::ClearAlarm), Err(Refusal::NoAlarm));
    // A second history, as a server restored by mistake would show it.
    let honest = server.log[0].0.received_at;
    server.log[0].0.received_at += 1;
    server.grant(&phone.person.clone(), LEADER, None);
    let shown = server.sync(&phone.request());
    let replies = phone.play(Input::Answer(shown.clone())).unwrap();
    assert!(matches!(&replies[..], [Reply::Alarm(_)]));
    // Cleared too early, it comes back.
    phone.play(Input::ClearAlarm).unwrap();
    assert_eq!(phone.book.alarm(), None);
    let replies = phone.play(Input::Answer(shown)).unwrap();
    assert!(matches!(&replies[..], [Reply::Alarm(_)]));
    server.log[0].0.received_at = honest;
    phone.play(Input::ClearAlarm).unwrap();
    phone.restart();
    phone.change(record, vec![log_row("照常")]).unwrap();
    assert_eq!(phone.sync(&mut server).registered, 1);
    let alarms = phone.book.alarms();
    assert_eq!(alarms.len(), 2);
    assert!(alarms.iter().all(|alarm| alarm.cleared > Some(alarm.at)));
}

#[test]
fn a_record_that_was_only_heard_of_is_shown_if_it_is_sound_and_is_never_kept() {
    let mut server = station();
    let mut author = Phone::join(&mut server, 1, OFFICER);
    let mut other = Phone::join(&mut server, 2, OFFICER);
    let record = author.new_case();
    author.change(record, vec![log_row("到场")]).unwrap();
    author.sync(&mut server);
    let before = other.table.clone();
    let replies = other.play(Input::AskRecord(record)).unwrap();
    let [Reply::RecordRequest(request)] = replies.as_slice() else {
        panic!("{replies:?}")
    };
    let request = Signed::<RecordRequest>::from_wire(request).unwrap();
    assert!(request.verify(&other.key.public()));
    let history = &server.records[&record].history;
    let honest = RecordResponse {
        record,
        changes: history.raw().map(|bytes| bytes.to_vec().into()).collect(),
        head: Signed::by(&server.key, server.head(server.log.len())),
        nonce: request.message.nonce,
    };
    let read = |answer: &RecordResponse| other.book.read_record(record, &answer.to_wire());
    let shown = read(&honest).unwrap();
    assert_eq!(shown.view.rows.len(), 1);
    assert_eq!(shown.view.changes[0].origin.person, author.person);

    let mut forged = honest.clone();
    forged.head = Signed::by(&their_key(), forged.head.message);
    assert_eq!(read(&forged).unwrap_err(), Refusal::NotTheServer);
    let mut cut = honest.clone();
    cut.changes.remove(0);
    assert!(matches!(read(&cut), Err(Refusal::Unreadable { .. })));
    let mut none = honest.clone();
    none.changes.clear();
    assert_eq!(read(&none).unwrap_err(), Refusal::NoRecord(record));
    // Made by a key that no charter of the station ever named.
    let mut elsewhere = station();
    let mut stranger = Phone::join(&mut elsewhere, 55, OFFICER);
    let theirs = stranger.new_case();
    stranger.sync(&mut elsewhere);
    let mut foreign = honest.clone();
    foreign.changes = elsewhere.records[&theirs]
        .history
        .raw()
        .map(|bytes| bytes.to_vec().into())
        .collect();
    assert!(matches!(read(&foreign), Err(Refusal::Unreadable { .. })));
    assert_eq!(other.table, before);
    assert!(other.list().is_empty());
}
