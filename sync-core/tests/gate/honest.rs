//! What honest phones write is admitted, and every replica comes to the same records.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sync_core::gate::Verdict;
use sync_core::ids::RecordId;
use sync_core::record::canonical::Canonical;
use sync_core::record::change::Decoded;
use sync_core::record::history::{Change, History, Unsound};
use sync_core::record::view::View;

use crate::kit::world::arrival;
use crate::kit::{Rng, World};

const WORLDS: u64 = 60;
const ROUNDS: usize = 60;

fn worlds() -> std::slice::Iter<'static, World> {
    static ALL: LazyLock<Vec<World>> = LazyLock::new(|| {
        let world = |seed| {
            let mut world = World::new(seed);
            world.run(ROUNDS);
            world.settle();
            world
        };
        (0..WORLDS).map(world).collect()
    });
    ALL.iter()
}

#[test]
fn every_honest_act_is_admitted_and_every_phone_ends_with_the_servers_records() {
    let (mut admitted, mut held) = (0, 0);
    for world in worlds() {
        for entry in &world.log {
            for verdict in &entry.judgement.verdicts {
                match verdict {
                    Verdict::Admitted => admitted += 1,
                    Verdict::Held(_) => held += 1,
                }
            }
        }
        assert_eq!(world.desk.prove(), []);
        for phone in &world.phones {
            for (record, docket) in &world.desk.records {
                assert_eq!(
                    phone.histories[record].is_empty(),
                    docket.history.is_empty()
                );
                if !docket.history.is_empty() {
                    assert_eq!(
                        View::of(&phone.histories[record]),
                        View::of(&docket.history)
                    );
                }
            }
        }
    }
    assert!(
        admitted > 1_000 && held > 50,
        "{admitted} admitted, {held} held"
    );
}

#[test]
fn the_view_and_the_document_show_the_same() {
    let (mut conflicts, mut texts) = (0, 0);
    for world in worlds() {
        for history in histories(world).values() {
            let view = View::of(history);
            let canonical = Canonical::of_view(&view);
            assert_eq!(canonical, Canonical::of_document(history.raw()).unwrap());
            conflicts += canonical
                .values
                .values()
                .filter(|values| values.len() > 1)
                .count();
            texts += canonical
                .texts
                .values()
                .filter(|text| text.len() > 40)
                .count();
        }
    }
    assert!(
        conflicts > 20 && texts > 20,
        "{conflicts} conflicts, {texts} texts"
    );
}

#[test]
fn changes_in_any_order_that_puts_causes_first_give_one_view() {
    for (seed, world) in worlds().enumerate() {
        let mut rng = Rng::new(seed as u64);
        for (record, history) in histories(world) {
            let view = View::of(history);
            for _ in 0..3 {
                let other = shuffled(&mut rng, record, history);
                assert_eq!(View::of(&other), view);
                assert_eq!(
                    Canonical::of_document(other.raw()).unwrap(),
                    Canonical::of_view(&view)
                );
            }
        }
    }
}

#[test]
fn acts_replayed_in_any_order_twice_and_in_pieces_give_the_same_records() {
    for (seed, world) in worlds().enumerate() {
        let mut rng = Rng::new(seed as u64);
        let mut desk = world.station.desk();
        // Of each log entry the position of the act that is due.
        let mut left: Vec<(usize, usize)> = (0..world.log.len()).map(|at| (at, 0)).collect();
        let mut idle = 0;
        while !left.is_empty() {
            let pick = rng.below(left.len());
            let (at, index) = left[pick];
            let entry = &world.log[at];
            let sent = &world.sent[entry.sent];
            let device = sent.envelope.body.device;
            let earlier = left.iter().any(|(other, _)| {
                *other < at && world.sent[world.log[*other].sent].phone == sent.phone
            });
            let Some(act) = sent.frame.acts.get(index) else {
                left.swap_remove(pick);
                continue;
            };
            let act = act.as_ref().unwrap();
            if entry.judgement.verdicts[index] != Verdict::Admitted {
                desk.set_aside(act, device);
                left[pick].1 += 1;
                continue;
            }
            let ready = !earlier
                && act.parts.iter().all(|part| {
                    let decoded = Decoded::admitted(&part.change).unwrap();
                    let docket = desk.docket(part.record);
                    let mut deps = decoded.deps.iter();
                    deps.all(|dep| docket.history.position(dep).is_some())
                });
            if !ready {
                idle += 1;
                assert!(idle < 100_000);
                continue;
            }
            let person = &world.station.owners[world.phones[sent.phone].key];
            desk.replay(act, device, person, arrival(at)).unwrap();
            left[pick].1 += 1;
            if rng.chance(30) {
                desk.replay(act, device, person, arrival(at)).unwrap_err();
            }
        }
        for (record, history) in histories(world) {
            assert_eq!(View::of(&desk.records[&record].history), View::of(history));
        }
    }
}

#[test]
fn a_history_rebuilt_from_its_bytes_is_the_same() {
    for world in worlds() {
        for (record, history) in histories(world) {
            let mut again = History::new(record);
            for change in history.changes() {
                let decoded = Decoded::admitted(&change.bytes).unwrap();
                again
                    .push(decoded, change.bytes.clone(), change.origin.clone())
                    .unwrap();
            }
            assert!(format!("{again:?}") == format!("{history:?}"), "{record}");
        }
    }
}

#[test]
fn what_was_pushed_and_taken_back_leaves_no_trace() {
    for (seed, world) in worlds().enumerate() {
        let mut rng = Rng::new(seed as u64);
        for (record, history) in histories(world) {
            let changes = history.changes();
            let length = 1 + rng.below(changes.len());
            let mut short = History::new(record);
            push_all(&mut short, &changes[..length]);
            let before = format!("{short:?}");
            push_all(&mut short, &changes[length..]);
            assert!(format!("{short:?}") == format!("{history:?}"), "{record}");
            short.truncate(length);
            assert!(format!("{short:?}") == before, "{record}");
        }
    }
}

fn push_all(history: &mut History, changes: &[Change]) {
    for change in changes {
        let (decoded, bytes) = (change.decoded.clone(), change.bytes.clone());
        history.push(decoded, bytes, change.origin.clone()).unwrap();
    }
}

fn histories(world: &World) -> BTreeMap<RecordId, &History> {
    world
        .desk
        .records
        .iter()
        .filter(|(_, docket)| !docket.history.is_empty())
        .map(|(record, docket)| (*record, &docket.history))
        .collect()
}

/// The same changes in another order, some of them twice.
fn shuffled(rng: &mut Rng, record: RecordId, history: &History) -> History {
    let mut left: Vec<&Change> = history.changes().iter().collect();
    let mut other = History::new(record);
    while !left.is_empty() {
        let at = rng.below(left.len());
        let change = left[at];
        let ready = change
            .decoded
            .deps
            .iter()
            .all(|dep| other.position(dep).is_some());
        let mut push = || {
            other.push(
                change.decoded.clone(),
                change.bytes.clone(),
                change.origin.clone(),
            )
        };
        match push() {
            Ok(_) => {
                assert!(ready);
                left.swap_remove(at);
                if rng.chance(20) {
                    let before = format!("{other:?}");
                    let again = other.push(
                        change.decoded.clone(),
                        change.bytes.clone(),
                        change.origin.clone(),
                    );
                    assert_eq!(again, Err(Unsound::Known));
                    assert!(format!("{other:?}") == before, "{record}");
                }
            }
            Err(unsound) => assert!(!ready, "{unsound}"),
        }
    }
    other
}
