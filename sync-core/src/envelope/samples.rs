//! Values for tests: random ones of every kind that travels, and two honest changes.

use automerge::{AutoCommit, transaction::Transactable};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::act::{Act, Behalf, Original, Part};
use super::delta::{CharterDelta, DeviceGrant, Member, ServerKey};
use super::header::{Draft, Need};
use super::log::{Entry, HeldAct, Seen, TreeHead};
use super::sign::SoftKey;
use super::statement::{Number, Outcome, Statement, Verdict};
use crate::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};

pub(crate) fn key(n: u8) -> SoftKey {
    SoftKey::from_secret(&[n + 1; 32]).unwrap()
}

pub(crate) fn station() -> StationId {
    StationId::new("S00").unwrap()
}

pub(crate) fn person(n: u8) -> PersonId {
    PersonId::new(&format!("O{n:04}")).unwrap()
}

/// A real change whose actor is fixed, so that its bytes never differ.
pub(crate) fn real_change(text: &str) -> Vec<u8> {
    let mut doc = AutoCommit::new().with_actor(automerge::ActorId::from([3u8; 16].as_slice()));
    doc.put(automerge::ROOT, "note", text).unwrap();
    doc.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

pub(crate) fn real_act(n: u64, text: &str) -> Act {
    Act {
        n,
        at: 1_760_000_000_000,
        mono: 5_000,
        parts: vec![Part {
            record: RecordId::derive(&station(), key(0).device(), n),
            g: 0,
            change: real_change(text),
            made: Some(n),
        }],
        again: None,
        on_behalf: None,
    }
}

pub(crate) fn draft(seq: u64, prev: Hash) -> Draft {
    Draft {
        station: station(),
        device: key(0).device(),
        seq,
        prev,
        epoch: Epoch { lineage: 0, n: 2 },
        needs: Vec::new(),
        beacon: None,
        made_at: 1_760_000_000_000,
        mono: 6_000,
        sheet_root: Hash::ZERO,
    }
}

pub(crate) fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

pub(crate) fn device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 16]>().prop_map(DeviceId)
}

fn act_id() -> impl Strategy<Value = ActId> {
    (device(), any::<u64>()).prop_map(|(device, n)| ActId { device, n })
}

pub(crate) fn epoch() -> impl Strategy<Value = Epoch> {
    (any::<u32>(), any::<u64>()).prop_map(|(lineage, n)| Epoch { lineage, n })
}

fn a_person() -> impl Strategy<Value = PersonId> {
    any::<u8>().prop_map(person)
}

fn text() -> impl Strategy<Value = String> {
    "[a-z巡查记录]{0,12}"
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let part = (
        any::<[u8; 16]>(),
        any::<u32>(),
        vec(any::<u8>(), 0..60),
        option::of(any::<u64>()),
    )
        .prop_map(|(record, g, change, made)| Part {
            record: RecordId(record),
            g,
            change,
            made,
        });
    let original = (act_id(), hash(), any::<i64>(), vec((text(), text()), 0..3)).prop_map(
        |(act, envelope, at, renamed)| Original {
            act,
            envelope,
            at,
            renamed,
        },
    );
    let behalf = (a_person(), option::of(original))
        .prop_map(|(person, original)| Behalf { person, original });
    (
        any::<u64>(),
        any::<i64>(),
        any::<u64>(),
        vec(part, 0..4),
        option::of(act_id()),
        option::of(behalf),
    )
        .prop_map(|(n, at, mono, parts, again, on_behalf)| Act {
            n,
            at,
            mono,
            parts,
            again,
            on_behalf,
        })
}

pub(crate) fn seen() -> impl Strategy<Value = Seen> {
    (any::<u32>(), any::<u64>(), hash()).prop_map(|(lineage, index, root)| Seen {
        lineage,
        index,
        root,
    })
}

pub(crate) fn head() -> impl Strategy<Value = TreeHead> {
    (seen(), any::<i64>()).prop_map(|(seen, time)| TreeHead {
        lineage: seen.lineage,
        index: seen.index,
        root: seen.root,
        time,
    })
}

pub(crate) fn needs() -> impl Strategy<Value = Vec<Need>> {
    proptest::collection::btree_map(device(), (1u64.., hash()), 0..4).prop_map(|needs| {
        needs
            .into_iter()
            .map(|(device, (seq, hash))| Need { device, seq, hash })
            .collect()
    })
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let held =
        (any::<u32>(), text(), vec(hash(), 0..3)).prop_map(|(index, code, leaves)| HeldAct {
            index,
            code,
            leaves,
        });
    (
        any::<u64>(),
        hash(),
        device(),
        any::<u64>(),
        any::<i64>(),
        vec(held, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |(index, envelope, device, seq, received_at, held, whole)| Entry {
                index,
                envelope,
                device,
                seq,
                received_at,
                held,
                whole,
            },
        )
}

pub(crate) fn delta() -> impl Strategy<Value = CharterDelta> {
    let member = (
        a_person(),
        text(),
        vec(text(), 0..3),
        any::<bool>(),
        option::of(text()),
    )
        .prop_map(|(person, name, roles, active, certificate)| Member {
            person,
            post: name.clone(),
            name,
            roles,
            active,
            certificate_until: certificate.clone(),
            certificate,
        });
    let grant = (
        device(),
        a_person(),
        any::<[u8; 33]>(),
        any::<[u8; 33]>(),
        any::<bool>(),
    )
        .prop_map(
            |(device, person, sign_key, agree_key, removed)| DeviceGrant {
                device,
                person,
                sign_key: sign_key.to_vec(),
                agree_key: agree_key.to_vec(),
                removed,
            },
        );
    let server = (device(), vec(any::<u8>(), 33))
        .prop_map(|(device, sign_key)| ServerKey { device, sign_key });
    (
        epoch(),
        vec(member, 0..3),
        vec(grant, 0..3),
        vec(device(), 0..2),
        option::of(hash()),
        option::of(server),
        option::of(text()),
        option::of(any::<i32>()),
    )
        .prop_map(
            |(
                epoch,
                members,
                devices,
                removed_devices,
                catalogue,
                server,
                station_name,
                zone_minutes,
            )| {
                CharterDelta {
                    epoch,
                    members,
                    devices,
                    removed_devices,
                    catalogue,
                    server,
                    station_name,
                    zone_minutes,
                }
            },
        )
}

pub(crate) fn statement() -> impl Strategy<Value = Statement> {
    let outcome = prop_oneof![
        Just(Outcome::Held),
        act_id().prop_map(|as_| Outcome::Rewritten { as_ }),
        Just(Outcome::Released),
    ];
    let verdict = (act_id(), hash(), text(), text(), outcome).prop_map(
        |(act, envelope, code, detail, outcome)| Verdict {
            act,
            envelope,
            code,
            detail,
            outcome,
        },
    );
    let number = (
        text(),
        any::<i32>(),
        any::<u64>(),
        any::<[u8; 16]>(),
        text(),
        any::<i64>(),
        text(),
    )
        .prop_map(|(book, year, n, record, step, at, text)| Number {
            book,
            year,
            n,
            record: RecordId(record),
            step,
            at,
            text,
        });
    prop_oneof![
        delta().prop_map(Statement::Charter),
        verdict.prop_map(Statement::Verdict),
        number.prop_map(Statement::Number),
        vec(any::<u8>(), 0..20).prop_map(Statement::Order),
        vec(any::<u8>(), 0..20).prop_map(Statement::Seal),
        (6u32.., vec(any::<u8>(), 0..20)).prop_map(|(tag, bytes)| Statement::Other { tag, bytes }),
    ]
}
