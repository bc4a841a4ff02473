//! What do Kotlin and Swift see of a phone?
//!
//! Coarse, batched calls over [`Phone`]; texts in, validated here, so that a wrong one is a
//! [`Failure`] and never a crash. Networking is the platform's: it takes the requests of
//! [`Fieldbook::next_requests`] and gives back what came of each, at once or after a restart.
//! Signing is the platform's too, and may take its time.

mod failure;
mod hand_over;
mod line;
mod read;
mod write;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Clock;
use crate::forms::{self, KindForm};
use crate::host::Host;
use crate::phone::Phone;
use crate::store::{Store, StoreKey};

pub use failure::Failure;
pub use hand_over::Taken as TakenOver;
pub use line::Request;
pub use read::{
    Alarm as PastAlarm, Conflict, ConflictValue, HeldAct, Language, RecordRow, Standing,
};
pub use write::{Deed, FieldValue, SavedAct, TrackPoint};

use line::Line;

uniffi::setup_scaffolding!();

/// The platform's signing key (P-256, ES256). It may answer late.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait Signer: Send + Sync {
    /// r || s (64 bytes) over `content`, hashed with SHA-256.
    async fn sign(&self, content: Vec<u8>) -> Result<Vec<u8>, Failure>;
}

/// Hears that something changed.
#[uniffi::export(foreign)]
pub trait Observer: Send + Sync {
    fn changed(&self, counts: Counts);
}

/// Own acts, counted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Counts {
    pub saved: u64,
    pub sent: u64,
    pub registered: u64,
    pub held: u64,
    /// Of those saved: written before this phone joined anew, and to be written anew once it
    /// knows that the server has them not.
    pub anew: u64,
}

/// Who this phone is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Member {
    pub station: String,
    pub device: String,
    pub person: String,
}

/// One installation on a phone.
#[derive(uniffi::Object)]
pub struct Fieldbook {
    phone: Mutex<Option<Phone>>,
    place: Place,
    signer: Arc<dyn Signer>,
    line: Mutex<Line>,
    observers: Mutex<Vec<(u64, Arc<dyn Observer>)>>,
}

impl std::fmt::Debug for Fieldbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fieldbook")
            .field("dir", &self.place.dir)
            .finish_non_exhaustive()
    }
}

struct Place {
    dir: String,
    incarnation: String,
    key: StoreKey,
}

impl Place {
    fn open(&self) -> Result<Phone, Failure> {
        let (dir, incarnation) = (Path::new(&self.dir), Path::new(&self.incarnation));
        let store = Store::open(dir, incarnation, &self.key)?;
        Ok(Phone::over(Host::open(store, Clock::default())?))
    }
}

#[uniffi::export]
impl Fieldbook {
    /// Opens the store in the folder `dir` with 32 secret bytes of the platform's keystore.
    /// `incarnation_dir` is a folder that no backup restores.
    #[uniffi::constructor(name = "open")]
    pub fn open(
        dir: String,
        incarnation_dir: String,
        store_key: Vec<u8>,
        signer: Arc<dyn Signer>,
    ) -> Result<Arc<Fieldbook>, Failure> {
        let length = store_key.len();
        let key = store_key.try_into().map_err(|_| Failure::Input {
            detail: format!("the store's key has 32 bytes, {length} were given"),
        })?;
        let place = Place {
            dir,
            incarnation: incarnation_dir,
            key: StoreKey(key),
        };
        let phone = Mutex::new(Some(place.open()?));
        let line = Line::that_asks();
        Ok(Arc::new(Fieldbook {
            phone,
            place,
            signer,
            line: Mutex::new(line),
            observers: Mutex::default(),
        }))
    }

    /// Who this phone is; refused before it has joined.
    pub fn member(&self) -> Result<Member, Failure> {
        let member = self.with(|phone| Ok(phone.membership()?))?;
        Ok(Member {
            station: member.station.to_string(),
            device: member.device.to_string(),
            person: member.person.to_string(),
        })
    }

    /// The forms: kinds of records with fields, codes and steps.
    pub fn kinds(&self) -> Result<Vec<KindForm>, Failure> {
        let catalogue = self.with(|phone| Ok(phone.catalogue()?))?;
        Ok(forms::kinds(&catalogue))
    }

    pub fn status(&self) -> Result<Counts, Failure> {
        self.with(|phone| Ok(counts(phone)))
    }

    /// Tells `observer` of every change from now on, until the number given is forgotten.
    pub fn observe(&self, observer: Arc<dyn Observer>) -> u64 {
        let mut observers = lock(&self.observers);
        let handle = observers.last().map_or(1, |(last, _)| last + 1);
        observers.push((handle, observer));
        handle
    }

    pub fn forget(&self, handle: u64) {
        lock(&self.observers).retain(|(known, _)| *known != handle);
    }

    /// Closes the store, so that the app can be suspended.
    pub fn pause(&self) {
        *lock(&self.phone) = None;
    }

    pub fn resume(&self) -> Result<(), Failure> {
        let mut phone = lock(&self.phone);
        if phone.is_none() {
            *phone = Some(self.place.open()?);
        }
        Ok(())
    }
}

impl Fieldbook {
    fn with<T>(&self, work: impl FnOnce(&mut Phone) -> Result<T, Failure>) -> Result<T, Failure> {
        work(lock(&self.phone).as_mut().ok_or(Failure::Paused)?)
    }

    fn tell(&self) {
        let Ok(counts) = self.status() else { return };
        let observers = lock(&self.observers).clone();
        for (_, observer) in observers {
            observer.changed(counts.clone());
        }
    }
}

fn counts(phone: &Phone) -> Counts {
    let status = phone.status();
    Counts {
        saved: status.saved,
        sent: status.sent,
        registered: status.registered,
        held: status.held,
        anew: status.anew,
    }
}

/// A panic elsewhere leaves what is locked here whole: every change of it is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
