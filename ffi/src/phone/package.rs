//! How do two phones hand over what they hold?
//!
//! Where both can answer, by [`Phone::offer`], [`Phone::answer`] and [`Phone::absorb`]. Where
//! only a file can be passed, by [`Phone::give`] and [`Phone::take`]: a package holds everything
//! the giver has, because nobody has said what the taker lacks.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use sync_core::envelope::{Envelope, from_bytes, to_bytes};
use sync_core::fieldbook::{Absorbed, Input, Reply};
use sync_core::ids::DeviceId;
use sync_core::sync::message::Message;
use sync_core::sync::{Answer, Offer};

use super::Phone;
use crate::error::PhoneError;

/// What a package begins with.
const MAGIC: &[u8] = b"wardbook package 1\n";

/// What a package or another phone brought.
pub type Taken = Absorbed;

impl Phone {
    /// Begins to hand over: the first message, for another phone's [`Phone::answer`].
    pub fn offer(&mut self) -> Result<Vec<u8>, PhoneError> {
        self.message(Input::Offer)?.ok_or(PhoneError::NoReply)
    }

    /// The second message, for the other's [`Phone::absorb`].
    pub fn answer(&mut self, offer: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.message(Input::AnswerOffer(offer.to_vec()))?
            .ok_or(PhoneError::NoReply)
    }

    /// Takes the second or third message; gives what came of it and the third, if there is one.
    pub fn absorb(&mut self, message: &[u8]) -> Result<(Taken, Option<Vec<u8>>), PhoneError> {
        self.may_write()?;
        let (mut taken, mut third) = (Taken::default(), None);
        for reply in self.run(Input::Absorb(message.to_vec()))? {
            match reply {
                Reply::Absorbed(more) => add(&mut taken, &more),
                Reply::Message(message) => third = Some(message),
                Reply::Alarm(what) => return Err(self.alarmed(what)),
                _ => {}
            }
        }
        Ok((taken, third))
    }

    /// Everything this phone holds, as one package for [`Phone::take`].
    pub fn give(&mut self) -> Result<Vec<u8>, PhoneError> {
        self.may_write()?;
        // An offer closes what waits. Answering one that holds nothing gives all there is.
        self.offer()?;
        let station = self.membership()?.station;
        let device = DeviceId([0; 16]);
        let mut vector = BTreeMap::new();
        let mut messages: Vec<ByteVec> = Vec::new();
        loop {
            let offer = Offer {
                station: station.clone(),
                device,
                vector: vector.clone(),
                head: None,
            };
            let message = self.answer(&offer.to_wire())?;
            let answer = Answer::from_wire(&message).map_err(|_| PhoneError::NoReply)?;
            let before = vector.clone();
            for envelope in &answer.envelopes {
                if let Ok(envelope) = Envelope::decode(&envelope.bytes) {
                    let last: &mut u64 = vector.entry(envelope.body.device).or_default();
                    *last = (*last).max(envelope.body.seq);
                }
            }
            messages.push(message.into());
            if !answer.more || vector == before {
                return Ok([MAGIC, &to_bytes(&messages)].concat());
            }
        }
    }

    /// Takes a package that another phone of the station has given. Taking one twice is no harm.
    pub fn take(&mut self, package: &[u8]) -> Result<Taken, PhoneError> {
        let messages = package.strip_prefix(MAGIC);
        let messages = messages.and_then(|bytes| from_bytes::<Vec<ByteVec>>(bytes).ok());
        let mut taken = Taken::default();
        for message in messages.ok_or(PhoneError::NoPackage)? {
            let (more, _) = self.absorb(&message)?;
            add(&mut taken, &more);
        }
        Ok(taken)
    }

    fn message(&mut self, input: Input) -> Result<Option<Vec<u8>>, PhoneError> {
        self.may_write()?;
        let replies = self.run(input)?;
        Ok(replies.into_iter().find_map(|reply| match reply {
            Reply::Message(message) => Some(message),
            _ => None,
        }))
    }
}

fn add(taken: &mut Taken, more: &Taken) {
    taken.stored += more.stored;
    taken.waiting += more.waiting;
    taken.acts += more.acts;
    taken.held += more.held;
    taken.more = more.more;
}
