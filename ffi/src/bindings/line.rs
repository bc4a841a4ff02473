//! What does an app carry to the server and back?

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use data_encoding::BASE64URL_NOPAD;
use sync_core::fieldbook::{Input, Reply};
use sync_core::ids::{RecordId, StationId};

use super::{Failure, Fieldbook, lock};
use crate::phone::RECORD_HEADER;
use crate::problem::Problem;

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
    Record(RecordId),
}

#[derive(Debug, Default)]
pub(super) struct Line {
    next_id: u64,
    /// Bodies that wait to be asked for.
    waiting: VecDeque<(Purpose, Vec<u8>)>,
    /// Given to the platform and not answered.
    out: Vec<(u64, Purpose)>,
    /// Records that the server has shown, as exports have them.
    shown: HashMap<RecordId, String>,
    /// Something is to be sent or fetched.
    pub(super) wanted: bool,
    /// A request is being made: its signature is under way.
    making: bool,
}

impl Line {
    /// The server may have something new.
    pub fn that_asks() -> Line {
        Line {
            wanted: true,
            ..Line::default()
        }
    }
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

#[uniffi::export]
impl Fieldbook {
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
        let anew = self.with(|phone| Ok(phone.joins_anew(&sign_key)))?;
        let replies = self
            .drive(Input::Join {
                code,
                station,
                name: phone_name,
                sign_key,
                agree_key,
                anew,
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
            requests.push(self.request(id, purpose, body)?);
        }
        Ok(requests)
    }

    /// Asks for a record that this phone has only heard of, by its whole id. The request comes
    /// with [`Fieldbook::next_requests`], and [`Fieldbook::fetched`] shows what came of it.
    pub async fn fetch(&self, record: String) -> Result<(), Failure> {
        let record = whole(&record)?;
        let replies = self.drive(Input::AskRecord(record)).await?;
        for reply in replies {
            if let Reply::RecordRequest(header) = reply {
                let asked = (Purpose::Record(record), header);
                self.lock_line().waiting.push_back(asked);
            }
        }
        Ok(())
    }

    /// What the server has shown of a record, as exports have it: one JSON object. Nothing of it
    /// is kept: it comes for good with a sync.
    pub fn fetched(&self, record: String) -> Result<Option<String>, Failure> {
        let record = whole(&record)?;
        Ok(self.lock_line().shown.remove(&record))
    }

    /// What the server answered. Says whether there is more to send or fetch.
    pub async fn complete(&self, id: u64, status: u16, body: Vec<u8>) -> Result<bool, Failure> {
        let Some(purpose) = self.take_out(id) else {
            return Ok(self.lock_line().wanted);
        };
        if !(200..300).contains(&status) {
            return self.refused(purpose, Problem::read(status, &body)).await;
        }
        let input = match purpose {
            Purpose::Join => Input::Joined(body),
            Purpose::Sync => Input::Answer(body),
            Purpose::Record(record) => {
                let shown = self.with(|phone| Ok(phone.read_fetched(record, &body)?))?;
                let shown = super::read::exported(&shown.record);
                self.lock_line().shown.insert(record, shown);
                return Ok(self.lock_line().wanted);
            }
        };
        let replies = self.drive(input).await?;
        let mut wanted = purpose == Purpose::Join;
        if wanted {
            let incarnation = Path::new(&self.place.incarnation);
            self.with(|phone| Ok(phone.settle_at(incarnation)?))?;
        }
        for reply in replies {
            match reply {
                Reply::Synced(synced) => wanted |= synced.more,
                Reply::Alarm(detail) => return Err(self.alarmed(detail)),
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
}

impl Fieldbook {
    fn request(&self, id: u64, purpose: Purpose, body: Vec<u8>) -> Result<Request, Failure> {
        let idempotency_key = sync_core::ids::Hash::of(&body).to_string();
        let content = ("content-type".to_owned(), "application/cbor".to_owned());
        let (method, path, header, body) = match purpose {
            Purpose::Join => ("POST", "/v1/join".to_owned(), content, body),
            Purpose::Sync => ("POST", "/v1/sync".to_owned(), content, body),
            Purpose::Record(record) => {
                let path = self.with(|phone| Ok(phone.record_path(record)?))?;
                let header = (RECORD_HEADER.to_owned(), BASE64URL_NOPAD.encode(&body));
                ("GET", path, header, Vec::new())
            }
        };
        Ok(Request {
            id,
            method: method.to_owned(),
            path,
            headers: HashMap::from([header]),
            body,
            idempotency_key,
        })
    }

    /// The server has something against a request. Says whether there is more to send.
    async fn refused(&self, purpose: Purpose, problem: Problem) -> Result<bool, Failure> {
        let detail = problem.to_string();
        let is_sync = purpose == Purpose::Sync;
        self.lock_line().wanted = problem.nonce.is_some() || problem.is_passing();
        if let Some(nonce) = problem.nonce {
            self.drive(Input::FreshNonce(nonce)).await?;
            if let Purpose::Record(record) = purpose {
                self.fetch(record.to_string()).await?;
            }
            return Ok(true);
        }
        if is_sync && !problem.turned_away.is_empty() {
            let unsent = || self.with(|phone| Ok(phone.unsent()));
            let before = unsent()?;
            for reply in self.drive(Input::TurnedAway(problem.turned_away)).await? {
                if let Reply::Alarm(detail) = reply {
                    return Err(self.alarmed(detail));
                }
            }
            if unsent()? < before {
                self.lock_line().wanted = true;
                return Ok(true);
            }
        } else if is_sync && problem.is_removed() {
            self.drive(Input::Removed).await?;
            return Err(Failure::MustJoinAnew { detail });
        }
        Err(Failure::Server { detail })
    }

    fn alarmed(&self, detail: String) -> Failure {
        match self.must_join_anew() {
            Ok(true) => Failure::MustJoinAnew { detail },
            Ok(false) => Failure::Server { detail },
            Err(failure) => failure,
        }
    }

    pub(super) fn lock_line(&self) -> MutexGuard<'_, Line> {
        lock(&self.line)
    }

    fn take_out(&self, id: u64) -> Option<Purpose> {
        let mut line = self.lock_line();
        let at = line.out.iter().position(|(known, _)| *known == id)?;
        Some(line.out.remove(at).1)
    }

    /// Makes one sync request, unless one is under way or nothing is wanted.
    async fn make_request(&self) -> Result<(), Failure> {
        // A copy says nothing under a name that may be another's.
        let joined = self.with(|phone| Ok(phone.membership().is_ok() && !phone.is_copy()))?;
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
    pub(super) async fn drive(&self, input: Input) -> Result<Vec<Reply>, Failure> {
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

fn whole(record: &str) -> Result<RecordId, Failure> {
    record.parse().map_err(|_| Failure::Input {
        detail: format!("{record} is no whole id of a record: it has 32 hexadecimal digits"),
    })
}
