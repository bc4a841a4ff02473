//! Which work an input asks for.

use super::alarm;
use super::anew;
use super::batch::{Batch, Stop};
use super::door::{Input, Now, Reply, SignRequest};
use super::refusal::Refusal;
use super::shelf::Shelf;
use super::state::{State, Then, Ticket};
use super::{act, close, exchange, join, line, meet, single};
use crate::envelope::sign::{Signable, Signed, verify};
use crate::sync::Nonce;
use crate::sync::message::Message;

/// What one input leads to, beside its writes.
#[derive(Default)]
pub struct Outcome {
    pub replies: Vec<Reply>,
    pub sign: Vec<SignRequest>,
    pub again: Vec<Input>,
}

impl Outcome {
    fn reply(reply: Reply) -> Outcome {
        Outcome {
            replies: vec![reply],
            ..Outcome::default()
        }
    }

    fn sign(request: SignRequest) -> Outcome {
        Outcome {
            sign: vec![request],
            ..Outcome::default()
        }
    }
}

pub fn outcome(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    now: Now,
    input: Input,
) -> Result<Outcome, Stop> {
    match input {
        Input::Join {
            code,
            station,
            name,
            sign_key,
            agree_key,
            anew,
        } => {
            let who = join::Newcomer {
                code,
                station,
                name,
                sign_key,
                agree_key,
                anew,
            };
            Ok(Outcome::sign(join::ask(state, now, who)?))
        }
        Input::Joined(bytes) => Ok(Outcome::reply(join::joined(batch, state, now, &bytes)?)),
        Input::WriteAnew => match anew::is_due(state) {
            true => Ok(Outcome::reply(anew::write(batch, state, shelf)?)),
            false => Ok(Outcome::default()),
        },
        Input::TurnedAway(refused) => {
            exchange::turned_away(state, &refused)?;
            Ok(Outcome::default())
        }
        Input::AskRecord(record) => Ok(Outcome::sign(single::ask(state, record)?)),
        Input::Removed => {
            state.own.doubled = state.own.enrolled.is_some();
            Ok(Outcome::default())
        }
        Input::ClearAlarm => {
            alarm::clear(state, now)?;
            Ok(Outcome::default())
        }
        Input::Record { act, again } => {
            let saved = act::record(batch, state, shelf, now, act, again)?;
            Ok(Outcome::reply(saved))
        }
        Input::Line {
            file,
            line,
            text,
            then,
        } => {
            let it = line::Play {
                file,
                line,
                text: &text,
                then: then.as_deref(),
            };
            Ok(Outcome::reply(line::play(batch, state, shelf, now, it)?))
        }
        Input::Close => {
            let envelopes = close::close(batch, state, now)?;
            Ok(Outcome {
                replies: vec![Reply::Closed { envelopes }],
                sign: close::ask(batch, state)?,
                again: Vec::new(),
            })
        }
        Input::Signed { ticket, sig } => signed(batch, state, ticket, sig),
        Input::NextRequest { limit, wait_ms } if anew::is_due(state) => {
            // Cut off between the answer and what follows from it.
            let again = vec![Input::WriteAnew, Input::NextRequest { limit, wait_ms }];
            Ok(Outcome {
                again,
                ..Outcome::default()
            })
        }
        Input::NextRequest { limit, wait_ms } => {
            if let Some(first) = close_first(batch, state, now, Then::Request { limit, wait_ms })? {
                return Ok(first);
            }
            let request = exchange::request(batch, state, now, limit, wait_ms)?;
            Ok(Outcome::sign(request))
        }
        Input::Answer(bytes) => {
            let (reply, again) = exchange::answer(batch, state, shelf, &bytes)?;
            Ok(Outcome {
                replies: vec![reply],
                again,
                ..Outcome::default()
            })
        }
        Input::FreshNonce(bytes) => {
            state.enrolled()?;
            let length = bytes.len();
            let nonce = bytes.try_into().map_err(|_| Refusal::Unreadable {
                what: "nonce",
                why: format!("{length} bytes, it has 20"),
            })?;
            state.seen.nonce = Some(Nonce(nonce));
            Ok(Outcome::default())
        }
        Input::Offer => match close_first(batch, state, now, Then::Offer)? {
            Some(first) => Ok(first),
            None => Ok(Outcome::reply(meet::offer(state)?)),
        },
        Input::AnswerOffer(bytes) => {
            let then = Then::AnswerOffer(bytes.clone());
            match close_first(batch, state, now, then)? {
                Some(first) => Ok(first),
                None => Ok(Outcome::reply(meet::answer_offer(batch, state, &bytes)?)),
            }
        }
        Input::Absorb(bytes) => {
            let (replies, again) = meet::absorb(batch, state, shelf, &bytes)?;
            Ok(Outcome {
                replies,
                again,
                ..Outcome::default()
            })
        }
        Input::Free { device, seq } => {
            let (replies, again) = meet::free(batch, state, shelf, device, seq)?;
            Ok(Outcome {
                replies,
                again,
                ..Outcome::default()
            })
        }
    }
}

/// Closes what waits. Where signatures are due, `then` goes on after the last of them.
fn close_first(
    batch: &mut Batch<'_>,
    state: &mut State,
    now: Now,
    then: Then,
) -> Result<Option<Outcome>, Stop> {
    let envelopes = close::close(batch, state, now)?;
    if state.own.unsigned.is_empty() {
        return Ok(None);
    }
    state.then = Some(then);
    Ok(Some(Outcome {
        replies: vec![Reply::Closed { envelopes }],
        sign: close::ask(batch, state)?,
        again: Vec::new(),
    }))
}

fn signed(
    batch: &mut Batch<'_>,
    state: &mut State,
    ticket: u64,
    sig: Vec<u8>,
) -> Result<Outcome, Stop> {
    let asked = state
        .tickets
        .remove(&ticket)
        .ok_or(Refusal::NoTicket(ticket))?;
    match asked {
        Ticket::Join(request) => {
            let request = Signed::new(request, sig);
            match request.proves_its_key() {
                true => Ok(Outcome::reply(Reply::JoinRequest(request.to_wire()))),
                false => Err(Refusal::Signature.into()),
            }
        }
        Ticket::Envelope { seq, bytes } => {
            let again = close::signed(batch, state, seq, &bytes, sig)?;
            Ok(Outcome {
                again: again.into_iter().collect(),
                ..Outcome::default()
            })
        }
        Ticket::Request(request) => {
            let body = signed_wire(state, request, sig)?;
            Ok(Outcome::reply(Reply::Request(body)))
        }
        Ticket::Record(request) => {
            let header = signed_wire(state, request, sig)?;
            Ok(Outcome::reply(Reply::RecordRequest(header)))
        }
    }
}

fn signed_wire<T: Signable>(state: &State, request: T, sig: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    match verify(&state.enrolled()?.sign_key, &request.sign_bytes(), &sig) {
        true => Ok(Signed::new(request, sig).to_wire()),
        false => Err(Refusal::Signature),
    }
}
