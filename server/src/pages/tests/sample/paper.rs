//! A record of a sample, and the officers who write it.

use std::sync::Arc;

use sync_core::catalogue::Catalogue;
use sync_core::envelope::SoftKey;
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, StationId};
use sync_core::record::change::{Decoded, Scalar};
use sync_core::record::history::{History, Origin};
use sync_core::record::view::View;
use sync_core::record::write::{self, Edit, Pen, Spot};

/// A record and the officers who write it: officer `n` has the code `O000n` and phone `n`.
pub struct Paper {
    pub catalogue: Arc<Catalogue>,
    pub kind: String,
    pub history: History,
    pub entry: u64,
}

impl Paper {
    pub fn pen<'a>(station: &'a StationId, person: &'a PersonId, officer: u8, at: i64) -> Pen<'a> {
        Pen {
            station,
            device: device(officer),
            g: 0,
            person,
            at,
        }
    }

    pub fn push(&mut self, bytes: Vec<u8>, officer: u8, at: i64, received: i64) {
        self.entry += 1;
        let origin = Origin {
            act: ActId {
                device: device(officer),
                n: self.entry,
            },
            person: person(officer),
            at,
            received_at: Some(received),
            entry: Some(self.entry),
        };
        let decoded = Decoded::strict(&bytes).unwrap();
        self.history.push(decoded, bytes, origin).unwrap();
    }

    pub fn edit(&mut self, officer: u8, at: i64, received: i64, edits: &[Edit]) {
        let heads = self.heads();
        self.edit_at(&heads, officer, at, received, edits);
    }

    /// An edit by somebody who knew no more than `heads`.
    pub fn edit_at(&mut self, heads: &[Hash], officer: u8, at: i64, received: i64, edits: &[Edit]) {
        let (who, code) = (person(officer), code());
        let kind = self.catalogue.kinds.get(&self.kind);
        let pen = Paper::pen(&code, &who, officer, at);
        let bytes = write::change_at(&self.history, heads, kind, edits, &pen).unwrap();
        self.push(bytes, officer, at, received);
    }

    pub fn heads(&self) -> Vec<Hash> {
        self.history.heads()
    }

    pub fn view(&self) -> View {
        View::of(&self.history)
    }
}

pub fn code() -> StationId {
    StationId::new("S00").unwrap()
}

pub fn key(officer: u8) -> SoftKey {
    SoftKey::from_secret(&[officer + 1; 32]).unwrap()
}

pub fn device(officer: u8) -> DeviceId {
    key(officer).device()
}

pub fn person(officer: u8) -> PersonId {
    PersonId::new(&format!("O{officer:04}")).unwrap()
}

pub fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.into(),
        note: None,
    }
}

pub fn set(field: &str, value: &str) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: Scalar::Str(value.into()),
    }
}
