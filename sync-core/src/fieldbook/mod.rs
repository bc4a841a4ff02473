//! The phone's state machine: what an officer does becomes acts that survive anything, what
//! comes from server and colleagues becomes records.
//!
//! It does no input or output and has neither clock nor randomness. The contract with the host,
//! whose store is one ordered table of keys and values ([`rows`] says what lies where):
//!
//! 1. Read what [`Fieldbook::first_needs`] names, then [`Fieldbook::open`].
//! 2. For an input, read what [`Fieldbook::needs`] names into a [`Loaded`].
//! 3. Call [`Fieldbook::handle`]. For [`Handled::More`], read that too and call again with the
//!    same input: nothing has happened yet.
//! 4. For a [`Refusal`], nothing has happened either: tell the person.
//! 5. For [`Handled::Done`], commit `writes` as one batch, durably. If that fails, drop the
//!    effects: nothing has happened.
//! 6. Call [`Fieldbook::adopt`]. Only now pass on `replies` (say SAVED), have `sign` signed and
//!    give each signature back as [`Input::Signed`], and handle `again`, in order.
//! 7. One input after the other: between `handle` and `adopt` no other input is handled.
//!
//! ```
//! use sync_core::fieldbook::*;
//! use std::collections::BTreeMap;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut table: BTreeMap<String, Vec<u8>> = BTreeMap::new();
//! let read = |table: &BTreeMap<String, Vec<u8>>, loaded: &mut Loaded, needs: &Needs| {
//!     for key in &needs.keys {
//!         match table.get(key) {
//!             Some(value) => loaded.insert(key.as_str(), value.clone()),
//!             None => loaded.said_absent(key.as_str()),
//!         }
//!     }
//!     for prefix in &needs.prefixes {
//!         for (key, value) in table.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(prefix)) {
//!             loaded.insert(key.as_str(), value.clone());
//!         }
//!         loaded.said_prefix(prefix.as_str());
//!     }
//! };
//! let mut loaded = Loaded::new();
//! read(&table, &mut loaded, &Fieldbook::first_needs()); // 1
//! let mut book = Fieldbook::open(&loaded)?;
//!
//! let key = sync_core::envelope::SoftKey::from_secret(&[7; 32]).ok_or("no key")?;
//! # let (station, server) = (sync_core::ids::StationId::new("S00")?, key.public());
//! let code = sync_core::sync::JoinCode::new(station, [3; 10], &server); // the chief's
//! let input = Input::Join {
//!     code: code.reveal(),
//!     station: None,
//!     name: "巡查一号".into(),
//!     sign_key: key.public(),
//!     agree_key: key.public(),
//!     anew: false,
//! };
//! let now = Now { wall: 1_760_000_000_000, mono: 5_000, boot: 1 };
//! let mut loaded = Loaded::new();
//! read(&table, &mut loaded, &book.needs(&input)); // 2
//! let effects = loop {
//!     match book.handle(now, [0; 32], &loaded, input.clone())? { // 3, 4
//!         Handled::Done(effects) => break effects,
//!         Handled::More(needs) => read(&table, &mut loaded, &needs),
//!     }
//! };
//! for write in &effects.writes { // 5: one batch
//!     match write {
//!         Write::Put { key, value } => table.insert(key.clone(), value.clone()),
//!         Write::Delete { key } => table.remove(key),
//!     };
//! }
//! book.adopt(&effects); // 6
//! let asked = &effects.sign[0];
//! let signed = Input::Signed { ticket: asked.ticket, sig: key.sign(&asked.bytes) };
//! # let Handled::Done(effects) = book.handle(now, [0; 32], &Loaded::new(), signed)? else { return Err("more".into()) };
//! assert!(matches!(&effects.replies[0], Reply::JoinRequest(_)));
//! # Ok(())
//! # }
//! ```

mod act;
mod again;
mod alarm;
mod anew;
mod batch;
pub mod check;
mod close;
mod dispatch;
mod door;
mod exchange;
pub mod import;
mod index;
mod join;
mod line;
mod log;
mod meet;
mod query;
mod refusal;
pub mod rows;
mod shelf;
mod single;
mod state;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use door::{
    Absorbed, Deed, Effects, Handled, Input, Loaded, Needs, Now, Reply, SignRequest, Status,
    Synced, Write,
};
pub use index::IndexRow;
pub use query::{Asked, HeldItem, RecordView, Word};
pub use refusal::{OpenError, Refusal};
pub use state::Alarm;

use crate::catalogue::Catalogue;
use crate::envelope::codec::{from_newer, to_bytes};
use crate::ids::{DeviceId, Hash, PersonId, StationId};
use batch::{Batch, Stop};
use dispatch::{Outcome, outcome};
use shelf::Shelf;
use state::{FORMAT, State};

#[derive(Debug)]
pub struct Fieldbook {
    state: State,
}

impl Fieldbook {
    /// What [`Fieldbook::open`] reads.
    pub fn first_needs() -> Needs {
        Needs {
            keys: [rows::META, rows::STATE, rows::SEEN, rows::CHARTER]
                .map(str::to_owned)
                .into(),
            prefixes: vec![rows::CATALOGUES.to_owned()],
        }
    }

    /// Opens a store. An empty one gives a fieldbook that is not enrolled.
    pub fn open(loaded: &Loaded) -> Result<Fieldbook, OpenError> {
        let mut state = State::empty();
        if let Some(found) = stored::<u32>(loaded, rows::META)?.filter(|found| *found > FORMAT) {
            return Err(OpenError::Newer {
                found,
                known: FORMAT,
            });
        }
        if let Some(own) = stored(loaded, rows::STATE)? {
            state.own = own;
        }
        if let Some(seen) = stored(loaded, rows::SEEN)? {
            state.seen = seen;
        }
        if let Some(charter) = stored(loaded, rows::CHARTER)? {
            state.charter = Arc::new(charter);
        }
        let bundles = loaded.scan(rows::CATALOGUES);
        let mut catalogues = BTreeMap::new();
        for (_, bundle) in bundles.ok_or(OpenError::NotRead(rows::CATALOGUES))? {
            let catalogue = Catalogue::from_bundle(bundle)
                .map_err(|bad| OpenError::Catalogue(bad.to_string()))?;
            catalogues.insert(Hash::of(bundle), Arc::new(catalogue));
        }
        state.catalogues = Arc::new(catalogues);
        Ok(Fieldbook { state })
    }

    /// A first guess at what `input` reads; [`Fieldbook::handle`] says what is missing.
    pub fn needs(&self, input: &Input) -> Needs {
        let now = Now {
            wall: 0,
            mono: 0,
            boot: 0,
        };
        match self.handle(now, [0; 32], &Loaded::new(), input.clone()) {
            Ok(Handled::More(needs)) => needs,
            Ok(Handled::Done(_)) | Err(_) => Needs::default(),
        }
    }

    /// What follows from `input`. Pure: the same arguments give the same effects. `entropy` is
    /// for what must not be guessed; nothing that is written today must.
    pub fn handle(
        &self,
        now: Now,
        entropy: [u8; 32],
        loaded: &Loaded,
        input: Input,
    ) -> Result<Handled, Refusal> {
        let _ = entropy;
        let mut batch = Batch::new(loaded);
        let mut next = self.state.clone();
        let mut shelf = Shelf::default();
        let done = outcome(&mut batch, &mut next, &mut shelf, now, input)
            .and_then(|outcome| shelf.save(&mut batch, &next).map(|()| outcome));
        match done {
            Ok(outcome) => Ok(Handled::Done(self.effects(batch, next, outcome))),
            Err(Stop::Missing) => Ok(Handled::More(batch.into_needs())),
            Err(Stop::Refused(refusal)) if refusal.is_alarm() => {
                let mut next = self.state.clone();
                alarm::raise(&mut next, now, &refusal);
                let outcome = Outcome {
                    replies: vec![Reply::Alarm(refusal.to_string())],
                    ..Outcome::default()
                };
                let batch = Batch::new(loaded);
                Ok(Handled::Done(self.effects(batch, next, outcome)))
            }
            Err(Stop::Refused(refusal)) => Err(refusal),
        }
    }

    /// Takes over the state that `effects` lead to, once their writes are committed.
    pub fn adopt(&mut self, effects: &Effects) {
        self.state = effects.next.clone();
    }

    pub fn status(&self) -> Status {
        Status {
            saved: self.state.own.last_act - self.state.own.rewritten,
            sent: self.state.own.sent,
            registered: self.state.own.registered,
            held: self.state.own.held,
            anew: self.state.own.anew.map_or(0, |anew| anew.acts),
        }
    }

    /// The key that this device signs with; none before it has joined.
    pub fn sign_key(&self) -> Option<&[u8]> {
        let enrolled = self.state.own.enrolled.as_ref()?;
        Some(&enrolled.sign_key)
    }

    /// Whether another installation was seen to write under this device's name: it must join
    /// anew, and may.
    pub fn is_doubled(&self) -> bool {
        self.state.own.doubled
    }

    /// All alarms there were, oldest first; of many, the newest.
    pub fn alarms(&self) -> &[Alarm] {
        &self.state.seen.alarms
    }

    /// Which station, device and person this is; none before it has joined.
    pub fn enrolled(&self) -> Option<(&StationId, DeviceId, &PersonId)> {
        let enrolled = self.state.own.enrolled.as_ref()?;
        Some((&enrolled.station, enrolled.device, &enrolled.person))
    }

    /// The roles the newest charter grants.
    pub fn roles(&self) -> Vec<String> {
        let person = self.enrolled().map(|(_, _, person)| person);
        let now = self.state.charter.now();
        let roles = person.zip(now).map(|(person, now)| now.roles(person));
        roles.unwrap_or_default().to_vec()
    }

    pub fn charter(&self) -> &crate::envelope::Charter {
        &self.state.charter
    }

    /// Whether something waits to be sent: acts that no envelope carries, or envelopes that
    /// the server has not.
    pub fn has_unsent(&self) -> bool {
        self.state.own.closed_to < self.state.own.last_act || !self.state.seen.unsent.is_empty()
    }

    /// Envelopes that wait to be sent.
    pub fn unsent(&self) -> usize {
        self.state.seen.unsent.len()
    }

    /// Why syncing has stopped, if it has.
    pub fn alarm(&self) -> Option<&str> {
        self.state.seen.alarm.as_deref()
    }

    fn effects(&self, mut batch: Batch<'_>, next: State, outcome: Outcome) -> Effects {
        if next.own != self.state.own {
            batch.put(rows::STATE.to_owned(), &next.own);
        }
        if next.seen != self.state.seen {
            batch.put(rows::SEEN.to_owned(), &next.seen);
        }
        if next.charter != self.state.charter {
            batch.put_bytes(rows::CHARTER.to_owned(), to_bytes(&*next.charter));
        }
        Effects {
            writes: batch.into_writes(),
            replies: outcome.replies,
            sign: outcome.sign,
            again: outcome.again,
            next,
        }
    }
}

fn stored<T: for<'b> minicbor::Decode<'b, ()>>(
    loaded: &Loaded,
    key: &'static str,
) -> Result<Option<T>, OpenError> {
    let bytes = loaded.get(key).ok_or(OpenError::NotRead(key))?;
    bytes
        .map(|bytes| {
            from_newer(bytes).map_err(|source| OpenError::Damaged {
                key: key.to_owned(),
                source,
            })
        })
        .transpose()
}
