//! What can be asked of a phone?
//!
//! A [`Phone`] is one installation: its keys, its store and its state machine. The terminal, the
//! demo's officers and the apps all ask the same.

mod import;
mod numbers;
mod package;
mod part;
mod read;
#[cfg(feature = "http")]
mod sync;

use std::path::{Path, PathBuf};

use sync_core::catalogue::Kind;
use sync_core::fieldbook::{Deed, Input, Refusal, Reply};
use sync_core::ids::{ActId, RecordId, StationId};
use sync_core::record::view::View;
use sync_core::record::write::Edit;

pub use import::{Imported, Line};
pub use numbers::{NumberBlock, NumberError};
pub use package::Taken;
pub use read::{Membership, RECORD_HEADER, Shown};
#[cfg(feature = "http")]
pub use sync::{SyncReport, SyncWish};
pub use sync_core::fieldbook::{Alarm, HeldItem, IndexRow, Status, Word};

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
    /// Where keys and incarnation stand; none where the platform keeps them.
    dir: Option<PathBuf>,
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
        let mut phone = Phone {
            host,
            keys: Some(keys),
            dir: Some(dir.to_owned()),
        };
        // It may have been cut off between its enrolment and its keys.
        phone.settle()?;
        Ok(phone)
    }

    /// A phone whose platform signs: what needs a signature goes through [`Host::step`].
    #[cfg(feature = "bindings")]
    pub(crate) fn over(host: Host) -> Phone {
        Phone {
            host,
            keys: None,
            dir: None,
        }
    }

    #[cfg(feature = "bindings")]
    pub(crate) fn host(&mut self) -> &mut Host {
        &mut self.host
    }

    /// The body of `POST /v1/join`, for a code from the chief. A store that is not this
    /// installation's own any more joins as another device and keeps what it knows.
    pub fn ask_to_join(
        &mut self,
        code: &str,
        station: Option<StationId>,
        name: &str,
    ) -> Result<Vec<u8>, PhoneError> {
        let keys = self.keys.as_ref().ok_or(PhoneError::NoKey)?;
        let sign_key = keys.sign.public();
        let is_own = self.host.fieldbook.sign_key() == Some(sign_key.as_slice());
        let keys = match &self.dir {
            Some(dir) if is_own && self.must_join_anew() => keys.next(dir)?,
            Some(_) | None => keys.clone(),
        };
        let input = Input::Join {
            code: code.to_owned(),
            station,
            name: name.to_owned(),
            sign_key: keys.sign.public(),
            agree_key: keys.agree.public(),
            anew: self.joins_anew(&keys.sign.public()),
        };
        let replies = self.host.run(input, Some(&keys.sign))?;
        let body = replies.into_iter().find_map(|reply| match reply {
            Reply::JoinRequest(body) => Some(body),
            _ => None,
        });
        body.ok_or(PhoneError::NoReply)
    }

    /// Takes the answer to it.
    pub fn joined(&mut self, answer: Vec<u8>) -> Result<Membership, PhoneError> {
        let taken = self.run(Input::Joined(answer));
        if let (Some(dir), Err(PhoneError::Refused(Refusal::OtherPerson { .. }))) =
            (&self.dir, &taken)
        {
            // The server has them as somebody else's now.
            Keys::discard_next(dir)?;
        }
        for reply in taken? {
            if let Reply::Alarm(what) = reply {
                return Err(self.alarmed(what));
            }
        }
        self.settle()?;
        self.membership()
    }

    /// Whether with that key the store joins as another device than it is.
    pub fn joins_anew(&self, sign_key: &[u8]) -> bool {
        let enrolled = self.host.fieldbook.sign_key();
        enrolled.is_some_and(|enrolled| enrolled != sign_key || self.must_join_anew())
    }

    /// Whether another installation may be writing what this store says it writes.
    pub fn is_copy(&self) -> bool {
        self.host.is_copy()
    }

    /// Whether the name this store bears is, or may be, another installation's as well: it is
    /// read, and joins anew before it writes.
    pub fn must_join_anew(&self) -> bool {
        self.host.is_copy() || self.host.fieldbook.is_doubled()
    }

    /// Lets the store be this installation's, whose platform has brought the key of its device.
    #[cfg(feature = "bindings")]
    pub(crate) fn settle_at(&mut self, incarnation: &Path) -> Result<(), PhoneError> {
        match self.is_copy() && self.membership().is_ok() {
            true => Ok(self.host.settle_here(incarnation)?),
            false => Ok(()),
        }
    }

    #[cfg(feature = "bindings")]
    pub(crate) fn unsent(&self) -> usize {
        self.host.fieldbook.unsent()
    }

    /// Lets the store be this installation's, once its device is.
    fn settle(&mut self) -> Result<(), PhoneError> {
        let Some(dir) = &self.dir else {
            return Ok(());
        };
        let Some(next) = Keys::waiting(dir)? else {
            return Ok(());
        };
        if self.host.fieldbook.sign_key() == Some(next.sign.public().as_slice()) {
            // Where this is cut off, the keys still wait and it is done again.
            self.host.settle_here(dir)?;
            Keys::settle(dir)?;
            self.keys = Some(next);
        }
        Ok(())
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
    pub fn save(&mut self, mut act: Vec<Deed>, again: Option<ActId>) -> Result<Saved, PhoneError> {
        self.may_write()?;
        self.draw(&mut act)?;
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
        let mut tray = self.tray()?.into_iter();
        let held = tray.find(|held| held.act.n == n).map(|held| held.act);
        let device = self.membership()?.device;
        let again = held.unwrap_or(ActId { device, n });
        let deeds = self.host.ask(|book, loaded| book.again(loaded, again))?;
        self.save(deeds, Some(again))
    }

    /// All alarms there were, oldest first; the last one stands if it was not cleared.
    pub fn alarms(&self) -> &[Alarm] {
        self.host.fieldbook.alarms()
    }

    /// What stops syncing, if anything does.
    pub fn alarm(&self) -> Option<&str> {
        self.host.fieldbook.alarm()
    }

    /// Which of the two stops syncing now: the name is another's, or the server shows what cannot
    /// be.
    fn alarmed(&self, what: String) -> PhoneError {
        match self.host.fieldbook.is_doubled() {
            true => Refusal::Doubled.into(),
            false => PhoneError::Alarm(what),
        }
    }

    /// Somebody has looked into the alarm: syncing goes on, and finds it again if it stands.
    pub fn clear_alarm(&mut self) -> Result<(), PhoneError> {
        self.run(Input::ClearAlarm).map(drop)
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
