//! Somebody between phone and server, who reads all and writes what they like.

use super::phone::{Phone, log_row};
use super::{LEADER, OFFICER, station};
use crate::catalogue::Catalogue;
use crate::envelope::{CharterDelta, DeviceGrant, Member, ServerKey, Signed, SoftKey, TreeHead};
use crate::fieldbook::*;
use crate::ids::{Epoch, PersonId};
use crate::sync::message::{Message, charter_to_wire};
use crate::sync::{BadCode, JoinResponse, RecordRequest, RecordResponse, SyncResponse};

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

fn joined(answer: &[u8]) -> JoinResponse {
    Signed::from_wire(answer).unwrap().message
}

fn signed(key: &SoftKey, answer: JoinResponse) -> Input {
    Input::Joined(Signed::by(key, answer).to_wire())
}

/// A phone that has never joined anything.
fn newcomer(server: &mut super::server::Server, n: u8) -> Phone {
    let mut phone = Phone::join(server, n, OFFICER).copy(n + 100);
    phone.table.clear();
    phone.restart();
    phone
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
fn whoever_answers_a_first_join_with_a_key_of_their_own_is_not_the_server_of_the_code() {
    let mut server = station();
    let mut phone = newcomer(&mut server, 1);
    let body = phone.ask_to_join(false);
    let asked = phone.table.clone();
    let honest = server.join(&phone.person.clone(), OFFICER, &body);
    // A whole station of their own: all of it fits together, and the name is the same.
    let mut theirs = joined(&honest);
    let mut delta = their_delta(Epoch::default());
    theirs.server = delta.server.clone().unwrap();
    delta.catalogue = Some(Catalogue::embedded().hash());
    delta.members[0].person = theirs.person.clone();
    delta.devices[0] = DeviceGrant {
        device: phone.key.device(),
        person: theirs.person.clone(),
        sign_key: phone.key.public(),
        agree_key: Vec::new(),
        removed: false,
    };
    theirs.charter = charter_to_wire(&[delta]);
    theirs.head = Signed::by(&their_key(), theirs.head.message);
    let refused = phone.play(signed(&their_key(), theirs));
    assert_eq!(refused, Err(Refusal::OtherServer));
    assert_eq!(phone.table, asked, "nothing of it is kept");
    phone.restart();
    phone.play(Input::Joined(honest)).unwrap();
    phone.sync(&mut server);
}

#[test]
fn nobody_changes_what_the_server_answers_to_a_first_join() {
    let mut server = station();
    let mut phone = newcomer(&mut server, 1);
    let body = phone.ask_to_join(false);
    let asked = phone.table.clone();
    let honest = server.join(&phone.person.clone(), OFFICER, &body);
    let newest = server.charter.newest().unwrap();
    let mut delta = their_delta(Epoch {
        n: newest.n + 1,
        ..newest
    });
    delta.server = None;
    let mut slipped = joined(&honest);
    slipped.charter.extend(charter_to_wire(&[delta]));
    let mut other = joined(&honest);
    other.station = crate::ids::StationId::new("S01").unwrap();
    for changed in [slipped, other] {
        let sig = Signed::<JoinResponse>::from_wire(&honest).unwrap();
        let bent = Signed::new(changed.clone(), sig.sig().to_vec());
        for input in [Input::Joined(bent.to_wire()), signed(&their_key(), changed)] {
            assert_eq!(phone.play(input), Err(Refusal::NotTheServer));
            assert_eq!(phone.table, asked, "nothing of it is kept");
        }
    }
    phone.play(Input::Joined(honest)).unwrap();
}

#[test]
fn a_code_that_is_mistyped_or_of_another_station_asks_nobody() {
    let mut server = station();
    let mut phone = newcomer(&mut server, 1);
    let code = super::server::Server::code();
    let join = |code: &str, station: &str| Input::Join {
        code: code.to_owned(),
        station: crate::ids::StationId::new(station).ok(),
        name: "一号".into(),
        sign_key: phone.key.public(),
        agree_key: phone.key.public(),
        anew: false,
    };
    let (mistyped, elsewhere) = (code.replacen("-0", "-8", 1), join(&code, "S01"));
    let (mistyped, fine) = (join(&mistyped, ""), join(&code, "S00"));
    let refused = phone.play(mistyped);
    assert_eq!(refused, Err(Refusal::BadCode(BadCode::Mistyped)));
    let refused = phone.play(elsewhere);
    assert!(matches!(refused, Err(Refusal::CodeOfStation { .. })));
    assert!(phone.table.is_empty());
    phone.play(fine).unwrap();
}

#[test]
fn a_charter_that_the_server_slips_into_an_answer_is_found_out_by_its_signed_log() {
    let mut server = station();
    let mut phone = newcomer(&mut server, 1);
    let body = phone.ask_to_join(false);
    let honest = server.join(&phone.person.clone(), OFFICER, &body);
    let mut slipped = joined(&honest);
    let newest = server.charter.newest().unwrap();
    let mut delta = their_delta(Epoch {
        n: newest.n + 1,
        ..newest
    });
    delta.server = None;
    slipped.charter.extend(charter_to_wire(&[delta]));
    phone.play(signed(&server.key, slipped)).unwrap();
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
    let mut theirs = joined(&honest);
    let newest = server.charter.newest().unwrap();
    let delta = their_delta(Epoch {
        n: newest.n + 1,
        ..newest
    });
    theirs.server = delta.server.clone().unwrap();
    theirs.charter.extend(charter_to_wire(&[delta]));
    theirs.head = Signed::by(&their_key(), theirs.head.message);
    let refused = copy.play(signed(&their_key(), theirs));
    assert_eq!(refused, Err(Refusal::OtherServer));
    let mut rewritten = joined(&honest);
    rewritten.charter.remove(1);
    assert!(copy.play(signed(&server.key, rewritten)).is_err());
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
