//! What do Kotlin and Swift see of a phone?
//!
//! Coarse, batched calls over [`Phone`]; texts in, validated here, so that a wrong one is a
//! [`Failure`] and never a crash. Networking is the platform's: it takes the requests of
//! [`Fieldbook::next_requests`] and gives back what came of each, at once or after a restart.
//! Signing is the platform's too, and may take its time.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::fieldbook::{Input, Reply};
use sync_core::ids::StationId;

use crate::form::Given;
use crate::forms::{self, KindForm};
use crate::host::Host;
use crate::phone::{Doing, Phone, Word};
use crate::problem::Problem;
use crate::store::{Store, StoreKey};
use crate::{Clock, PhoneError};

uniffi::setup_scaffolding!();

/// What was asked did not happen; what was saved before stands.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Failure {
    #[error("this phone has joined no station")]
    NotJoined,
    /// A word, value or record that is not one; the sentence says what would do.
    #[error("{detail}")]
    Input { detail: String },
    /// The state machine refuses.
    #[error("{detail}")]
    Refused { detail: String },
    /// The store cannot be read or written.
    #[error("{detail}")]
    Store { detail: String },
    /// The server's answer says what is wrong.
    #[error("{detail}")]
    Server { detail: String },
    /// The signer did not sign.
    #[error("{detail}")]
    Signing { detail: String },
    /// The store is closed: [`Fieldbook::resume`] opens it.
    #[error("the phone is paused")]
    Paused,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for Failure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Failure {
        let detail = error.to_string();
        Failure::Signing { detail }
    }
}

impl<E: Into<PhoneError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        let error = error.into();
        let detail = error.to_string();
        match error {
            PhoneError::Refused(sync_core::fieldbook::Refusal::NotEnrolled) => Failure::NotJoined,
            PhoneError::Form(_) | PhoneError::NoRecord(_) | PhoneError::SeveralRecords { .. } => {
                Failure::Input { detail }
            }
            PhoneError::Store(_) | PhoneError::Open(_) | PhoneError::File { .. } => {
                Failure::Store { detail }
            }
            _ => Failure::Refused { detail },
        }
    }
}

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
}

/// `place` is a field, `table.cell` of a new row, or `table[2].cell`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldValue {
    pub place: String,
    pub value: String,
}

/// One thing of an act. A record is named by its id, its beginning, or its external id.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Deed {
    Create {
        kind: String,
        external_id: Option<String>,
        values: Vec<FieldValue>,
        steps: Vec<String>,
    },
    Edit {
        record: String,
        values: Vec<FieldValue>,
        reason: Option<String>,
    },
    Settle {
        record: String,
        value: FieldValue,
    },
    Step {
        record: String,
        step: String,
        note: Option<String>,
    },
}

/// An act that survives anything from here on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SavedAct {
    /// As people quote it, such as `L-e59fe437-12`.
    pub act: String,
    pub records: Vec<String>,
}

/// How far a record has come: as far as its last act has, and held where one act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Standing {
    /// Durable on this phone.
    Saved,
    /// The server has it.
    Sent,
    /// In the books.
    Registered,
    /// Kept, with the reason and what to do.
    Held,
}

impl From<Word> for Standing {
    fn from(word: Word) -> Standing {
        match word {
            Word::Saved => Standing::Saved,
            Word::Sent => Standing::Sent,
            Word::Registered => Standing::Registered,
            Word::Held => Standing::Held,
        }
    }
}

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordRow {
    pub record: String,
    pub kind: String,
    pub external_id: Option<String>,
    pub title: String,
    /// `2026-05-11`.
    pub day: String,
    pub state: String,
    pub conflict: bool,
    pub removed: bool,
}

/// Who this phone is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Member {
    pub station: String,
    pub device: String,
    pub person: String,
}

/// What the platform is to send. Sending it twice is no harm.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Request {
    pub id: u64,
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    pub idempotency_key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Join,
    Sync,
}

#[derive(Debug, Default)]
struct Line {
    next_id: u64,
    /// Bodies that wait to be asked for.
    waiting: VecDeque<(Purpose, Vec<u8>)>,
    /// Given to the platform and not answered.
    out: Vec<(u64, Purpose)>,
    /// Something is to be sent or fetched.
    wanted: bool,
    /// A request is being made: its signature is under way.
    making: bool,
}

/// A request that is being made. Where it comes to nothing, because the signer fails or the
/// platform no longer waits for it, the next one is made in its place.
struct Making<'a> {
    line: &'a Mutex<Line>,
}

impl Making<'_> {
    fn done(self, bodies: impl Iterator<Item = Vec<u8>>) {
        let mut line = lock(self.line);
        line.making = false;
        let waiting = bodies.map(|body| (Purpose::Sync, body));
        line.waiting.extend(waiting);
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        let mut line = lock(self.line);
        line.wanted |= line.making;
        line.making = false;
    }
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
        let line = Line {
            wanted: true,
            ..Line::default()
        };
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

    pub fn create(&self, kind: String, values: Vec<FieldValue>) -> Result<SavedAct, Failure> {
        self.record(vec![Deed::Create {
            kind,
            external_id: None,
            values,
            steps: Vec::new(),
        }])
    }

    pub fn edit(&self, record: String, values: Vec<FieldValue>) -> Result<SavedAct, Failure> {
        let reason = None;
        self.record(vec![Deed::Edit {
            record,
            values,
            reason,
        }])
    }

    /// Several things as one act.
    pub fn record(&self, deeds: Vec<Deed>) -> Result<SavedAct, Failure> {
        let saved = self.with(|phone| {
            let doings = deeds.into_iter().map(|deed| doing(phone, deed));
            let doings = doings.collect::<Result<Vec<_>, Failure>>()?;
            Ok(phone.act(&doings, None)?)
        })?;
        self.lock_line().wanted = true;
        self.tell();
        Ok(SavedAct {
            act: saved.act.to_string(),
            records: saved.records.iter().map(ToString::to_string).collect(),
        })
    }

    pub fn list(&self) -> Result<Vec<RecordRow>, Failure> {
        let rows = self.with(|phone| Ok(phone.list()?))?;
        let row = |row: crate::IndexRow| RecordRow {
            record: row.record.to_string(),
            kind: row.kind,
            external_id: row.external_id,
            title: row.title,
            day: row.day,
            state: row.state,
            conflict: row.conflict,
            removed: row.removed,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The register numbers of a record, by book.
    pub fn numbers(&self, record: String) -> Result<HashMap<String, String>, Failure> {
        let shown = self.with(|phone| Ok(phone.record_view(phone.find(&record)?)?))?;
        Ok(shown.numbers.into_iter().collect())
    }

    /// How far a record has come; none of one whose changes are yet to arrive.
    pub fn standing(&self, record: String) -> Result<Option<Standing>, Failure> {
        let shown = self.with(|phone| Ok(phone.show(phone.find(&record)?)?))?;
        Ok(shown.word().map(Standing::from))
    }

    /// A record as exports have it: one JSON object.
    pub fn show(&self, record: String) -> Result<String, Failure> {
        let shown = self.with(|phone| Ok(phone.record_view(phone.find(&record)?)?))?;
        let line = sync_core::record::export::line(&shown.view, shown.kind());
        Ok(serde_json::Value::Object(line).to_string())
    }

    pub fn status(&self) -> Result<Counts, Failure> {
        self.with(|phone| Ok(counts(phone)))
    }

    /// Asks to join; the request comes with [`Fieldbook::next_requests`]. Keys are P-256 points,
    /// SEC1, compressed, 33 bytes; the signer holds the first.
    pub async fn join(
        &self,
        code: String,
        station: Option<String>,
        phone_name: String,
        sign_key: Vec<u8>,
        agree_key: Vec<u8>,
    ) -> Result<(), Failure> {
        let station = station.map(|code| StationId::new(&code)).transpose();
        let station = station.map_err(|bad| Failure::Input {
            detail: bad.to_string(),
        })?;
        let replies = self
            .drive(Input::Join {
                code,
                station,
                name: phone_name,
                sign_key,
                agree_key,
            })
            .await?;
        for reply in replies {
            if let Reply::JoinRequest(body) = reply {
                self.lock_line().waiting.push_back((Purpose::Join, body));
            }
        }
        Ok(())
    }

    /// What is to be sent now, `limit` at most. Each is to be given back to
    /// [`Fieldbook::complete`] or [`Fieldbook::fail`] before the next comes.
    pub async fn next_requests(&self, limit: u32) -> Result<Vec<Request>, Failure> {
        self.make_request().await?;
        let mut line = self.lock_line();
        let mut requests = Vec::new();
        while requests.len() < limit as usize {
            let Some((purpose, body)) = line.waiting.pop_front() else {
                break;
            };
            line.next_id += 1;
            let id = line.next_id;
            line.out.push((id, purpose));
            let path = match purpose {
                Purpose::Join => "/v1/join",
                Purpose::Sync => "/v1/sync",
            };
            let content = ("content-type".to_owned(), "application/cbor".to_owned());
            requests.push(Request {
                id,
                method: "POST".to_owned(),
                path: path.to_owned(),
                headers: HashMap::from([content]),
                idempotency_key: sync_core::ids::Hash::of(&body).to_string(),
                body,
            });
        }
        Ok(requests)
    }

    /// What the server answered. Says whether there is more to send or fetch.
    pub async fn complete(&self, id: u64, status: u16, body: Vec<u8>) -> Result<bool, Failure> {
        let Some(purpose) = self.take_out(id) else {
            return Ok(self.lock_line().wanted);
        };
        if !(200..300).contains(&status) {
            let problem = Problem::read(status, &body);
            let detail = problem.to_string();
            self.lock_line().wanted = problem.nonce.is_some() || problem.is_passing();
            return match problem.nonce {
                Some(nonce) => {
                    self.drive(Input::FreshNonce(nonce)).await?;
                    Ok(true)
                }
                None => Err(Failure::Server { detail }),
            };
        }
        let replies = self
            .drive(match purpose {
                Purpose::Join => Input::Joined(body),
                Purpose::Sync => Input::Answer(body),
            })
            .await?;
        let mut wanted = purpose == Purpose::Join;
        for reply in replies {
            match reply {
                Reply::Synced(synced) => wanted |= synced.more,
                Reply::Alarm(detail) => return Err(Failure::Server { detail }),
                _ => {}
            }
        }
        self.lock_line().wanted |= wanted;
        self.tell();
        Ok(self.lock_line().wanted)
    }

    /// No answer came. What is retryable comes again with [`Fieldbook::next_requests`].
    pub fn fail(&self, id: u64, retryable: bool) {
        if self.take_out(id).is_some() {
            self.lock_line().wanted |= retryable;
        }
    }

    /// The server may have something new: the next requests fetch it.
    pub fn refresh(&self) {
        self.lock_line().wanted = true;
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

    fn lock_line(&self) -> MutexGuard<'_, Line> {
        lock(&self.line)
    }

    fn take_out(&self, id: u64) -> Option<Purpose> {
        let mut line = self.lock_line();
        let at = line.out.iter().position(|(known, _)| *known == id)?;
        Some(line.out.remove(at).1)
    }

    fn tell(&self) {
        let Ok(counts) = self.status() else { return };
        let observers = lock(&self.observers).clone();
        for (_, observer) in observers {
            observer.changed(counts.clone());
        }
    }

    /// Makes one sync request, unless one is under way or nothing is wanted.
    async fn make_request(&self) -> Result<(), Failure> {
        let joined = self.with(|phone| Ok(phone.membership().is_ok()))?;
        {
            let mut line = self.lock_line();
            let busy = line.making || !line.out.is_empty() || !line.waiting.is_empty();
            if busy || !joined || !line.wanted {
                return Ok(());
            }
            (line.making, line.wanted) = (true, false);
        }
        let making = Making { line: &self.line };
        let (limit, wait_ms) = (None, None);
        let replies = self.drive(Input::NextRequest { limit, wait_ms }).await?;
        let bodies = replies.into_iter().filter_map(|reply| match reply {
            Reply::Request(body) => Some(body),
            _ => None,
        });
        making.done(bodies);
        Ok(())
    }

    /// Handles an input and all that follows. The store is free while the platform signs.
    async fn drive(&self, input: Input) -> Result<Vec<Reply>, Failure> {
        let mut waiting = VecDeque::from([input]);
        let mut replies = Vec::new();
        while let Some(input) = waiting.pop_front() {
            let outcome = self.with(|phone| Ok(phone.host().step(input)?))?;
            replies.extend(outcome.replies);
            for request in outcome.sign {
                let sig = self.signer.sign(request.bytes).await?;
                let ticket = request.ticket;
                waiting.push_back(Input::Signed { ticket, sig });
            }
            waiting.extend(outcome.again);
        }
        Ok(replies)
    }
}

fn doing(phone: &Phone, deed: Deed) -> Result<Doing, Failure> {
    let given = |value: FieldValue| Given {
        place: value.place,
        value: value.value,
    };
    Ok(match deed {
        Deed::Create {
            kind,
            external_id,
            values,
            steps,
        } => Doing::Create {
            kind,
            external_id,
            words: values.into_iter().map(given).collect(),
            steps,
        },
        Deed::Edit {
            record,
            values,
            reason,
        } => Doing::Edit {
            record: phone.find(&record)?,
            words: values.into_iter().map(given).collect(),
            reason,
        },
        Deed::Settle { record, value } => Doing::Settle {
            record: phone.find(&record)?,
            word: given(value),
        },
        Deed::Step { record, step, note } => Doing::Step {
            record: phone.find(&record)?,
            step,
            note,
        },
    })
}

fn counts(phone: &Phone) -> Counts {
    let status = phone.status();
    Counts {
        saved: status.saved,
        sent: status.sent,
        registered: status.registered,
        held: status.held,
    }
}

/// A panic elsewhere leaves what is locked here whole: every change of it is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
