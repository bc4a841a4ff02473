use std::collections::BTreeMap;
use std::sync::Arc;

use super::policy::{self, Rights, Seat};
use super::*;
use crate::catalogue::Catalogue;
use crate::envelope::{
    Act, Charter, CharterDelta, DeviceGrant, Draft, Envelope, Frame, Member, Part, ServerKey,
    SoftKey, header,
};
use crate::ids::{ActId, ActorName, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use crate::record::canonical::Canonical;
use crate::record::change::{Decoded, Scalar};
use crate::record::history::Origin;
use crate::record::view::View;
use crate::record::write::{self, Birth, Edit, Pen, Spot};

/// A station of officers with a phone each, for tests of the gate.
struct Station {
    id: StationId,
    charter: Charter,
    catalogues: BTreeMap<Hash, Arc<Catalogue>>,
    keys: Vec<SoftKey>,
}

impl Station {
    fn of(officers: usize) -> Station {
        let catalogue = Catalogue::embedded().clone();
        let keys: Vec<SoftKey> = (0..=officers)
            .map(|i| SoftKey::from_secret(&[i as u8 + 1; 32]).unwrap())
            .collect();
        let mut delta = CharterDelta::new(Epoch { lineage: 0, n: 0 });
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: keys[0].device(),
            sign_key: keys[0].public(),
        });
        for (i, key) in keys.iter().enumerate().skip(1) {
            delta.members.push(Member {
                person: person(i),
                name: format!("队员{i}"),
                post: "队员".into(),
                roles: vec!["stationed_officer".into()],
                active: true,
                certificate: None,
                certificate_until: None,
            });
            delta.devices.push(DeviceGrant {
                device: key.device(),
                person: person(i),
                sign_key: key.public(),
                agree_key: key.public(),
                removed: false,
            });
        }
        delta.devices.sort_by_key(|grant| grant.device);
        let mut charter = Charter::default();
        charter.apply(&delta).unwrap();
        let catalogues = BTreeMap::from([(catalogue.hash(), Arc::new(catalogue))]);
        Station {
            id: StationId::new("S00").unwrap(),
            charter,
            catalogues,
            keys,
        }
    }

    fn desk(&self) -> Desk<'_> {
        Desk::new(&self.id, &self.charter, &self.catalogues)
    }

    fn pen<'a>(&'a self, person: &'a PersonId, officer: usize, at: i64) -> Pen<'a> {
        Pen {
            station: &self.id,
            device: self.keys[officer].device(),
            g: 0,
            person,
            at,
        }
    }

    fn envelope(&self, officer: usize, seq: u64, prev: Hash, acts: &[Act]) -> (Envelope, Frame) {
        let draft = Draft {
            station: self.id.clone(),
            device: self.keys[officer].device(),
            seq,
            prev,
            epoch: Epoch { lineage: 0, n: 0 },
            needs: Vec::new(),
            beacon: None,
            made_at: 0,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, acts, &[]).unwrap();
        let sig = self.keys[officer].sign(&unsigned.sign_bytes());
        let envelope = unsigned.signed(sig).unwrap();
        let frame = envelope.open().unwrap();
        (envelope, frame)
    }
}

fn person(i: usize) -> PersonId {
    PersonId::new(&format!("O{i:04}")).unwrap()
}

fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Str(value.into()),
    }
}

fn act(n: u64, record: RecordId, made: Option<u64>, change: Vec<u8>) -> Act {
    let part = Part {
        record,
        g: 0,
        change,
        made,
    };
    Act {
        n,
        at: 1_000_000,
        mono: 0,
        parts: vec![part],
        again: None,
        on_behalf: None,
    }
}

fn new_case(station: &Station, officer: usize, n: u64) -> (RecordId, Vec<u8>) {
    let who = person(officer);
    let record = RecordId::derive(&station.id, station.keys[officer].device(), n);
    let kind = &Catalogue::embedded().kinds["case"];
    let birth = Birth {
        kind,
        external_id: None,
    };
    let edits = [set("cause", "占道经营"), set("place", "锦华苑3号楼")];
    let bytes = write::create(
        record,
        birth,
        &edits,
        &station.pen(&who, officer, 1_000_000),
    )
    .unwrap();
    (record, bytes)
}

#[test]
fn a_step_of_the_console_asks_for_the_seat_the_role_and_ones_own_name() {
    let station = Station::of(2);
    let (record, first) = new_case(&station, 1, 1);
    let mut desk = station.desk();
    let (envelope, frame) = station.envelope(1, 1, Hash::ZERO, &[act(1, record, Some(1), first)]);
    desk.judge(&envelope, &frame, Arrival::default());
    let (kind, who) = (Catalogue::embedded().kinds.get("case"), person(1));
    let mut history = desk.records[&record].history.clone();
    let decided = Edit::Step {
        to: "decided".into(),
        note: None,
    };
    let pen = station.pen(&who, 1, 2_000_000);
    let change = write::change(&history, kind, &[decided], &pen).unwrap();
    let origin = Origin {
        act: ActId {
            device: pen.device,
            n: 2,
        },
        person: who.clone(),
        at: pen.at,
        received_at: None,
        entry: None,
    };
    let decoded = Decoded::strict(&change).unwrap();
    let position = history.push(decoded, change, origin).unwrap();
    let held = |person: PersonId, role: &str, seat| {
        let rights = Rights {
            person,
            roles: vec![role.to_owned()],
            seat,
        };
        let checked = policy::check(&history, position, &station.id, kind, &rights);
        checked.err().map(|held| (held.code, held.detail))
    };
    let decided = |code| Some((code, "decided".to_owned()));
    let (leader, officer) = ("squad_leader", "stationed_officer");
    assert_eq!(held(who.clone(), leader, Seat::Console), None);
    assert_eq!(
        held(who.clone(), leader, Seat::Phone),
        decided(Code::ServerOnly)
    );
    assert_eq!(held(who, officer, Seat::Console), decided(Code::Forbidden));
    assert_eq!(
        held(person(2), leader, Seat::Console),
        decided(Code::AnotherPerson)
    );
}

#[test]
fn two_officers_who_change_one_field_at_once_leave_a_conflict_that_both_readers_see() {
    let station = Station::of(2);
    let (record, first) = new_case(&station, 1, 1);
    let mut desk = station.desk();
    let (envelope, frame) = station.envelope(1, 1, Hash::ZERO, &[act(1, record, Some(1), first)]);
    let judged = desk.judge(&envelope, &frame, Arrival::default());
    assert_eq!(judged.verdicts, [Verdict::Admitted]);

    let kind = Catalogue::embedded().kinds.get("case");
    let history = &desk.records[&record].history;
    let (one, two) = (person(1), person(2));
    let by_one = write::change(
        history,
        kind,
        &[set("cause", "流动商贩")],
        &station.pen(&one, 1, 2_000_000),
    )
    .unwrap();
    let by_two = write::change(
        history,
        kind,
        &[Edit::AddRow {
            field: "log".into(),
            cells: vec![("text".into(), Scalar::Str("到场".into()))],
        }],
        &station.pen(&two, 2, 2_000_000),
    )
    .unwrap();
    for (officer, n, seq, prev, change) in [
        (1, 2, 2, envelope.hash(), by_one),
        (2, 1, 1, Hash::ZERO, by_two),
    ] {
        let (envelope, frame) =
            station.envelope(officer, seq, prev, &[act(n, record, None, change)]);
        let judged = desk.judge(&envelope, &frame, Arrival::default());
        assert_eq!(judged.verdicts, [Verdict::Admitted]);
    }
    assert_eq!(desk.prove(), []);
    let history = &desk.records[&record].history;
    let view = View::of(history);
    assert_eq!(
        Canonical::of_view(&view),
        Canonical::of_document(history.raw()).unwrap()
    );
    assert_eq!(view.rows.len(), 1);
    assert_eq!(view.author(), Some(&one));
    assert_eq!(view.fields["cause"].earlier.len(), 1);
}

#[test]
fn a_colleague_without_the_right_is_held_and_the_record_is_as_before() {
    let station = Station::of(2);
    let (record, first) = new_case(&station, 1, 1);
    let mut desk = station.desk();
    let (envelope, frame) = station.envelope(1, 1, Hash::ZERO, &[act(1, record, Some(1), first)]);
    desk.judge(&envelope, &frame, Arrival::default());
    let kind = Catalogue::embedded().kinds.get("case");
    let before = Canonical::of_view(&View::of(&desk.records[&record].history));
    let two = person(2);
    let pen = station.pen(&two, 2, 0);
    let change = write::change(
        &desk.records[&record].history,
        kind,
        &[set("cause", "改")],
        &pen,
    )
    .unwrap();
    let (envelope, frame) = station.envelope(2, 1, Hash::ZERO, &[act(1, record, None, change)]);
    let judged = desk.judge(&envelope, &frame, Arrival::default());
    assert_eq!(
        judged.verdicts,
        [Verdict::Held(Held::new(Code::Forbidden, "cause"))]
    );
    assert!(judged.whole);
    assert_eq!(
        Canonical::of_view(&View::of(&desk.records[&record].history)),
        before
    );
}

#[test]
fn an_act_with_a_hostile_half_is_held_whole() {
    let station = Station::of(1);
    let (record, first) = new_case(&station, 1, 1);
    let mut both = act(1, record, Some(1), first);
    let (other, mut broken) = new_case(&station, 1, 2);
    let last = broken.len() - 1;
    broken[last] ^= 1;
    both.parts.push(Part {
        record: other,
        g: 0,
        change: broken,
        made: Some(2),
    });
    let mut desk = station.desk();
    let device = station.keys[1].device();
    let frame = Frame {
        acts: vec![Ok(both.clone())],
        statements: vec![],
    };
    both.parts.pop();
    let (envelope, _) = station.envelope(1, 1, Hash::ZERO, &[both]);
    let judged = desk.judge(&envelope, &frame, Arrival::default());
    assert!(matches!(&judged.verdicts[0], Verdict::Held(_)));
    assert!(
        desk.records
            .values()
            .all(|docket| docket.history.is_empty())
    );
    let _ = (device, ActorName([0; 16]), DeviceId([0; 16]));
}

#[test]
fn an_envelope_under_an_older_charter_than_the_one_before_it_is_held() {
    let station = Station::of(1);
    let (record, first) = new_case(&station, 1, 1);
    let (envelope, frame) = station.envelope(1, 1, Hash::ZERO, &[act(1, record, Some(1), first)]);
    let arrival = Arrival {
        epoch_before: Some(Epoch { lineage: 0, n: 1 }),
        ..Arrival::default()
    };
    let judged = station.desk().judge(&envelope, &frame, arrival);
    assert!(matches!(&judged.verdicts[0], Verdict::Held(held) if held.code == Code::Epoch));
}
