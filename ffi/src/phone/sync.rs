//! How does a phone in a terminal exchange with the server?
//!
//! The state machine makes each request and reads each answer; here they only travel.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use sync_core::fieldbook::{Input, Reply};
use sync_core::ids::{RecordId, StationId};

use super::read::{RECORD_HEADER, Shown};
use super::{Membership, Phone};
use crate::clock::Stopwatch;
use crate::error::PhoneError;
use crate::http::{Client, HttpError};
use crate::problem::Problem;

/// How long a request may wait at the server for the outcome, when somebody waits for it: ms.
const PATIENT_MS: u32 = 20_000;
/// The server waits only for what a request brought: between asking again, the phone does.
const PAUSE: Duration = Duration::from_millis(250);
/// Once the log has not grown for so long, nobody waits any longer.
const UNCHANGED: Duration = Duration::from_secs(60);

/// How a sync is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncWish {
    /// Not only until everything is sent, also until the server has judged it.
    pub wait_registered: bool,
    /// How long the server may wait with an answer for its outcome: ms. None: as it sees fit.
    pub wait_ms: Option<u32>,
}

/// What a sync came to. Counts are acts; bytes are TCP payload, HTTP included.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SyncReport {
    pub bytes_up: u64,
    pub bytes_down: u64,
    pub requests: u64,
    pub sent: u64,
    pub received: u64,
    /// How far the station's log is known here.
    pub admitted_to: u64,
    pub held: u64,
    /// Acts that this phone wrote before it joined anew, and now as its own.
    pub written_anew: u64,
    /// Acts of those that went into the tray instead.
    pub anew_held: u64,
    pub seconds: f64,
}

impl Phone {
    /// Enrols this phone with a code from the chief.
    pub fn join(
        &mut self,
        client: &Client,
        code: &str,
        station: Option<StationId>,
        name: &str,
    ) -> Result<Membership, PhoneError> {
        let body = self.ask_to_join(code, station, name)?;
        let answer = client.send("/v1/join", &body)?;
        let member = self.joined(answer)?;
        self.host.remember("server", client.server().as_bytes())?;
        Ok(member)
    }

    /// The address that this phone last joined or synced with.
    pub fn server(&self) -> Result<Option<String>, PhoneError> {
        let bytes = self.host.recall("server")?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Sends what waits and fetches what is new, until neither is left.
    pub fn sync(&mut self, client: &Client, wish: SyncWish) -> Result<SyncReport, PhoneError> {
        self.may_write()?;
        let (watch, before) = (Stopwatch::start(), client.traffic());
        let mut report = SyncReport::default();
        let patient = wish.wait_registered.then_some(PATIENT_MS);
        let wait_ms = wish.wait_ms.or(patient);
        let mut grew = Stopwatch::start();
        loop {
            let known = report.admitted_to;
            if self.round(client, wait_ms, &mut report)? {
                continue;
            }
            if report.admitted_to > known {
                grew = Stopwatch::start();
            }
            // An act that was submitted again stays undecided for ever: the new one stands for it.
            let undecided = self.undecided() + self.status().anew;
            let waits = wish.wait_registered && undecided > 0;
            if !waits || grew.elapsed() > UNCHANGED {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        if self.server()?.as_deref() != Some(client.server()) {
            self.host.remember("server", client.server().as_bytes())?;
        }
        let traffic = client.traffic();
        report.bytes_up = traffic.bytes_up - before.bytes_up;
        report.bytes_down = traffic.bytes_down - before.bytes_down;
        report.requests = traffic.requests - before.requests;
        report.held = self.status().held;
        report.seconds = watch.elapsed().as_secs_f64();
        Ok(report)
    }

    /// A record that this phone has only heard of, as the server shows it. Nothing is kept of it:
    /// it comes for good with the log.
    pub fn fetch(&mut self, client: &Client, record: RecordId) -> Result<Shown, PhoneError> {
        self.may_write()?;
        let mut asked = self.ask_for(client, record);
        if let Err(PhoneError::Http(HttpError::Problem(problem))) = &asked
            && let Some(nonce) = problem.nonce.clone()
        {
            self.run(Input::FreshNonce(nonce))?;
            asked = self.ask_for(client, record);
        }
        self.read_fetched(record, &asked?)
    }

    fn ask_for(&mut self, client: &Client, record: RecordId) -> Result<Vec<u8>, PhoneError> {
        let replies = self.run(Input::AskRecord(record))?;
        let request = replies.into_iter().find_map(|reply| match reply {
            Reply::RecordRequest(request) => Some(BASE64URL_NOPAD.encode(&request)),
            _ => None,
        });
        let request = request.ok_or(PhoneError::NoReply)?;
        let path = self.record_path(record)?;
        Ok(client.get(&path, (RECORD_HEADER, &request))?)
    }

    /// One request and its answer; says whether there is more.
    fn round(
        &mut self,
        client: &Client,
        wait_ms: Option<u32>,
        report: &mut SyncReport,
    ) -> Result<bool, PhoneError> {
        let body = self.next_request(wait_ms)?;
        let answer = match client.send("/v1/sync", &body) {
            Err(HttpError::Problem(problem)) if problem.nonce.is_some() => {
                let nonce = problem.nonce.unwrap_or_default();
                self.run(Input::FreshNonce(nonce))?;
                let body = self.next_request(wait_ms)?;
                client.send("/v1/sync", &body)?
            }
            Err(HttpError::Problem(problem)) if !problem.turned_away.is_empty() => {
                return self.turned_away(problem);
            }
            Err(HttpError::Problem(problem)) if problem.is_removed() => {
                self.run(Input::Removed)?;
                return Err(HttpError::Problem(problem).into());
            }
            other => other?,
        };
        let (mut more, mut moved) = (false, false);
        for reply in self.run(Input::Answer(answer))? {
            match reply {
                Reply::Synced(synced) => {
                    moved = synced.sent > 0 || synced.index > report.admitted_to;
                    report.sent += synced.sent;
                    report.received += synced.received;
                    report.admitted_to = synced.index;
                    more = synced.more;
                }
                Reply::WrittenAnew { written, held } => {
                    report.written_anew += written;
                    report.anew_held += held;
                }
                Reply::Alarm(what) => return Err(self.alarmed(what)),
                _ => {}
            }
        }
        // The answer may have brought the charter that a colleague's envelopes waited for.
        Ok(more || (moved && self.has_unsent()))
    }

    /// What the server does not take is not sent again; the rest goes on without it.
    fn turned_away(&mut self, problem: Box<Problem>) -> Result<bool, PhoneError> {
        let before = self.host.fieldbook.unsent();
        for reply in self.run(Input::TurnedAway(problem.turned_away.clone()))? {
            if let Reply::Alarm(what) = reply {
                return Err(self.alarmed(what));
            }
        }
        match self.host.fieldbook.unsent() < before {
            true => Ok(true),
            false => Err(HttpError::Problem(problem).into()),
        }
    }

    fn next_request(&mut self, wait_ms: Option<u32>) -> Result<Vec<u8>, PhoneError> {
        let limit = None;
        let replies = self.run(Input::NextRequest { limit, wait_ms })?;
        let body = replies.into_iter().find_map(|reply| match reply {
            Reply::Request(body) => Some(body),
            _ => None,
        });
        body.ok_or(PhoneError::NoReply)
    }
}
