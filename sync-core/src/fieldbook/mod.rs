//! The phone's state machine: what an officer does becomes acts that survive anything, what
//! comes from server and colleagues becomes records.
//!
//! It does no input or output and has neither clock nor randomness. The contract with the host,
//! whose store is one ordered table of keys and values:
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

mod door;
mod refusal;
mod state;

pub use door::{
    Absorbed, Deed, Effects, Handled, Input, Loaded, Needs, Now, Reply, SignRequest, Status,
    Synced, Write,
};
pub use refusal::{OpenError, Refusal};

use state::State;

#[derive(Debug)]
pub struct Fieldbook {
    state: State,
}

impl Fieldbook {
    /// What [`Fieldbook::open`] reads.
    pub fn first_needs() -> Needs {
        Needs {
            keys: vec![
                "meta".into(),
                "state".into(),
                "seen".into(),
                "charter".into(),
            ],
            prefixes: vec!["catalogue/".into()],
        }
    }

    /// Opens a store. An empty one gives a fieldbook that is not enrolled.
    pub fn open(_loaded: &Loaded) -> Result<Fieldbook, OpenError> {
        Ok(Fieldbook {
            state: State::empty(),
        })
    }

    /// A first guess at what `input` reads; [`Fieldbook::handle`] says what is missing.
    pub fn needs(&self, _input: &Input) -> Needs {
        Needs::default()
    }

    /// What follows from `input`. Pure: the same arguments give the same effects.
    pub fn handle(
        &self,
        _now: Now,
        _entropy: [u8; 32],
        _loaded: &Loaded,
        _input: Input,
    ) -> Result<Handled, Refusal> {
        Err(Refusal::NotEnrolled)
    }

    /// Takes over the state that `effects` lead to, once their writes are committed.
    pub fn adopt(&mut self, effects: &Effects) {
        self.state = effects.next.clone();
    }

    pub fn status(&self) -> Status {
        Status {
            saved: self.state.own.last_act,
            sent: self.state.own.sent,
            registered: self.state.own.registered,
            held: self.state.own.held,
        }
    }
}

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    pub record: crate::ids::RecordId,
    pub kind: String,
    pub external_id: Option<String>,
    pub title: String,
    /// Its day in the station's time zone, `2026-05-11`.
    pub day: String,
    /// The step it stands at; empty before the first.
    pub state: String,
    /// Values, a removal or steps contradict each other.
    pub conflict: bool,
    pub removed: bool,
    /// Milliseconds since 1970: the newest change, by its author's clock.
    pub updated: i64,
}
