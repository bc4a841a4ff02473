//! What can be asked of a phone?
//!
//! A [`Phone`] is one installation: its keys, its store and its state machine. The terminal, the
//! demo's officers and the apps all ask the same.

mod import;
mod package;
mod read;
#[cfg(feature = "http")]
mod sync;

use std::path::Path;

use sync_core::catalogue::Kind;
use sync_core::fieldbook::{Deed, Input, Reply};
use sync_core::ids::{ActId, RecordId, StationId};
use sync_core::record::view::View;
use sync_core::record::write::Edit;

pub use import::{Imported, Line};
pub use package::Taken;
pub use read::{Membership, Shown};
#[cfg(feature = "http")]
pub use sync::{SyncReport, SyncWish};
pub use sync_core::fieldbook::{HeldItem, IndexRow, Status, Word};

use crate::clock::Clock;
use crate::error::PhoneError;
use crate::form::{self, Form, Given};
use crate::host::Host;
use crate::keys::Keys;
use crate::store::Store;

/// One installation.
#[derive(Debug)]
pub struct Phone {
    host: Host,
    /// None where the platform signs.
    keys: Option<Keys>,
}

/// An act that survives anything from here on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub act: ActId,
    /// Those it made first.
    pub records: Vec<RecordId>,
}

/// One thing to do in an act, as an officer says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    Create {
        kind: String,
        external_id: Option<String>,
        words: Vec<Given>,
        /// Steps taken at once, in order.
        steps: Vec<String>,
    },
    Edit {
        record: RecordId,
        words: Vec<Given>,
        /// Why a submitted record is amended.
        reason: Option<String>,
    },
    /// Decides between values that were written without knowing of each other.
    Settle { record: RecordId, word: Given },
    Step {
        record: RecordId,
        step: String,
        note: Option<String>,
    },
}

impl Phone {
    /// Opens the phone whose store and keys lie in the folder `dir`; an empty one is made.
    pub fn open(dir: &Path, clock: Clock) -> Result<Phone, PhoneError> {
        let keys = Keys::of(dir)?;
        let store = Store::open(dir, dir, &keys.store)?;
        let host = Host::open(store, clock)?;
        let keys = Some(keys);
        Ok(Phone { host, keys })
    }

    /// A phone whose platform signs: what needs a signature goes through [`Host::step`].
    #[cfg(feature = "bindings")]
    pub(crate) fn over(host: Host) -> Phone {
        Phone { host, keys: None }
    }

    #[cfg(feature = "bindings")]
    pub(crate) fn host(&mut self) -> &mut Host {
        &mut self.host
    }

    /// The body of `POST /v1/join`, for a code from the chief.
    pub fn ask_to_join(
        &mut self,
        code: &str,
        station: Option<StationId>,
        name: &str,
    ) -> Result<Vec<u8>, PhoneError> {
        self.may_write()?;
        let keys = self.keys.as_ref().ok_or(PhoneError::NoKey)?;
        let replies = self.run(Input::Join {
            code: code.to_owned(),
            station,
            name: name.to_owned(),
            sign_key: keys.sign.public(),
            agree_key: keys.agree.public(),
        })?;
        let body = replies.into_iter().find_map(|reply| match reply {
            Reply::JoinRequest(body) => Some(body),
            _ => None,
        });
        body.ok_or(PhoneError::NoReply)
    }

    /// Takes the answer to it.
    pub fn joined(&mut self, answer: Vec<u8>) -> Result<Membership, PhoneError> {
        self.run(Input::Joined(answer))?;
        self.membership()
    }

    /// Does several things as one act.
    pub fn act(&mut self, doings: &[Doing], again: Option<ActId>) -> Result<Saved, PhoneError> {
        let act = doings
            .iter()
            .map(|doing| self.deed(doing))
            .collect::<Result<_, _>>()?;
        self.save(act, again)
    }

    /// Does one thing.
    pub fn record(&mut self, doing: Doing) -> Result<Saved, PhoneError> {
        self.act(&[doing], None)
    }

    /// An act whose edits are already known.
    pub fn save(&mut self, act: Vec<Deed>, again: Option<ActId>) -> Result<Saved, PhoneError> {
        self.may_write()?;
        let replies = self.run(Input::Record { act, again })?;
        replies
            .into_iter()
            .find_map(|reply| match reply {
                Reply::Saved { act, records } => Some(Saved { act, records }),
                _ => None,
            })
            .ok_or(PhoneError::NoReply)
    }

    /// Submits a held act again, as a new act that names the old one.
    pub fn resubmit(&mut self, n: u64) -> Result<Saved, PhoneError> {
        let device = self.membership()?.device;
        let again = ActId { device, n };
        let deeds = self.host.ask(|book, loaded| book.again(loaded, again))?;
        self.save(deeds, Some(again))
    }

    pub fn status(&self) -> Status {
        self.host.fieldbook.status()
    }

    /// The time by this phone's clock: milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.host.clock.read().wall
    }

    /// Sets this phone's clock, as its owner or its network may at any time: it shows `wall` now.
    pub fn set_clock(&mut self, wall: i64) {
        let clock = &mut self.host.clock;
        clock.ahead = clock
            .ahead
            .saturating_add(wall.saturating_sub(clock.read().wall));
    }

    /// A store that was copied may be read, and may not be written: two phones that write under
    /// one name would fork its log.
    fn may_write(&self) -> Result<(), PhoneError> {
        match self.host.is_copy() {
            true => Err(PhoneError::Copied),
            false => Ok(()),
        }
    }

    fn run(&mut self, input: Input) -> Result<Vec<Reply>, PhoneError> {
        let key = self.keys.as_ref().map(|keys| &keys.sign);
        self.host.run(input, key)
    }

    fn deed(&self, doing: &Doing) -> Result<Deed, PhoneError> {
        match doing {
            Doing::Create {
                kind,
                external_id,
                words,
                steps,
            } => {
                let catalogue = self.catalogue()?;
                let kind = form::kind(&catalogue, kind)?;
                let mut edits = self.form(&catalogue, kind).edits(None, words)?;
                for to in steps {
                    let to = form::step(kind, to)?;
                    edits.push(Edit::Step { to, note: None });
                }
                Ok(Deed::Create {
                    kind: kind.name.clone(),
                    external_id: external_id.clone(),
                    edits,
                })
            }
            Doing::Edit {
                record,
                words,
                reason,
            } => self.change(*record, |form, view| {
                let mut edits = form.edits(Some(view), words)?;
                edits.extend(reason.clone().map(|reason| Edit::Amend { reason }));
                Ok(edits)
            }),
            Doing::Settle { record, word } => self.change(*record, |form, view| {
                let (spot, value) = form.spot(view, word)?;
                Ok(vec![Edit::Settle { spot, value }])
            }),
            Doing::Step { record, step, note } => self.change(*record, |form, _| {
                let (to, note) = (form::step(form.kind, step)?, note.clone());
                Ok(vec![Edit::Step { to, note }])
            }),
        }
    }

    fn change(
        &self,
        record: RecordId,
        edits: impl FnOnce(&Form<'_>, &View) -> Result<Vec<Edit>, form::FormError>,
    ) -> Result<Deed, PhoneError> {
        let view = self.view(record)?;
        let catalogue = self.catalogue()?;
        let kind = form::kind(&catalogue, &view.kind)?;
        let edits = edits(&self.form(&catalogue, kind), &view)?;
        Ok(Deed::Change { record, edits })
    }

    fn form<'a>(&self, catalogue: &'a sync_core::catalogue::Catalogue, kind: &'a Kind) -> Form<'a> {
        Form {
            catalogue,
            kind,
            zone: self.zone(),
            now: self.now(),
        }
    }
}
