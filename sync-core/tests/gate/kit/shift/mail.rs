//! What travels between phones and server, of which any part may be lost, late or doubled.

use sync_core::fieldbook::{Input, Refusal, Reply};

use super::Shift;
use super::phone::Played;

/// A message that is still under way.
pub enum Mail {
    Request {
        phone: usize,
        bytes: Vec<u8>,
    },
    Answer {
        phone: usize,
        bytes: Vec<u8>,
    },
    Offer {
        from: usize,
        to: usize,
        bytes: Vec<u8>,
    },
    Given {
        from: usize,
        to: usize,
        bytes: Vec<u8>,
    },
}

impl Shift {
    /// One exchange with the server, of which any part may be lost, late or doubled.
    pub fn sync(&mut self, phone: usize) {
        let Some(bytes) = self.request(phone) else {
            return;
        };
        match self.rng.below(12) {
            0 => {}
            1 => self.mail.push(Mail::Request { phone, bytes }),
            2 => {
                self.office.sync(&mut self.rng, &bytes);
                self.arrive(phone, &bytes);
            }
            _ => self.arrive(phone, &bytes),
        }
    }

    fn request(&mut self, phone: usize) -> Option<Vec<u8>> {
        let input = Input::NextRequest {
            limit: None,
            wait_ms: None,
        };
        match self.play(phone, input) {
            Played::Replies(replies) => replies.into_iter().find_map(|reply| match reply {
                Reply::Request(bytes) => Some(bytes),
                _ => None,
            }),
            Played::Died => None,
            Played::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    fn arrive(&mut self, phone: usize, request: &[u8]) {
        if self.rng.chance(40) {
            let answer = self.office.sync(&mut self.rng, request);
            self.admit(3);
            if answer.is_none() {
                return;
            }
        }
        let Some(bytes) = self.office.sync(&mut self.rng, request) else {
            return;
        };
        match self.rng.below(12) {
            0 => {}
            1 => self.mail.push(Mail::Answer { phone, bytes }),
            2 => {
                self.take_answer(phone, &bytes, true);
                self.take_answer(phone, &bytes, false);
            }
            _ => {
                self.take_answer(phone, &bytes, true);
            }
        }
    }

    /// Whether there is more. An answer that was overtaken may be refused: nothing has happened.
    fn take_answer(&mut self, phone: usize, bytes: &[u8], prompt: bool) -> bool {
        match self.play(phone, Input::Answer(bytes.to_vec())) {
            Played::Replies(replies) => match replies.first() {
                Some(Reply::Synced(synced)) => synced.more,
                other => panic!("{other:?}"),
            },
            Played::Died => true,
            Played::Refused(Refusal::Gap { .. } | Refusal::Unreadable { .. }) if !prompt => false,
            Played::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub fn sync_fully(&mut self, phone: usize) {
        for _ in 0..2_000 {
            let Some(request) = self.request(phone) else {
                continue;
            };
            let answer = self.office.sync(&mut self.rng, &request);
            self.admit(usize::MAX);
            let Some(answer) = answer else { return };
            let more = self.take_answer(phone, &answer, true);
            self.check_words(phone);
            if !more && !self.phones[phone].book.has_unsent() {
                return;
            }
        }
        panic!("it never ends");
    }

    /// `phone` asks `other` for what it lacks, and gives what the other lacks.
    pub fn meet(&mut self, phone: usize, other: usize) {
        if phone == other {
            return;
        }
        if let Some(bytes) = self.message(phone, Input::Offer) {
            let (from, to) = (phone, other);
            self.hand_over(Mail::Offer { from, to, bytes });
        }
    }

    fn message(&mut self, phone: usize, input: Input) -> Option<Vec<u8>> {
        match self.play(phone, input) {
            Played::Replies(replies) => {
                let mut message = None;
                for reply in replies {
                    match reply {
                        Reply::Message(bytes) => message = Some(bytes),
                        Reply::Absorbed(absorbed) => self.tally.given += absorbed.acts as usize,
                        _ => {}
                    }
                }
                message
            }
            Played::Died => None,
            Played::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    fn hand_over(&mut self, mail: Mail) {
        match self.rng.below(10) {
            0 => {}
            1 => self.mail.push(mail),
            _ => self.carry(mail),
        }
    }

    pub fn deliver_late(&mut self) {
        if !self.mail.is_empty() {
            let at = self.rng.below(self.mail.len());
            let mail = self.mail.swap_remove(at);
            self.carry(mail);
        }
    }

    fn carry(&mut self, mail: Mail) {
        match mail {
            Mail::Request { phone, bytes } => {
                if let Some(bytes) = self.office.sync(&mut self.rng, &bytes) {
                    self.take_answer(phone, &bytes, false);
                }
            }
            Mail::Answer { phone, bytes } => {
                self.take_answer(phone, &bytes, false);
            }
            Mail::Offer { from, to, bytes } => {
                if let Some(bytes) = self.message(to, Input::AnswerOffer(bytes)) {
                    let (from, to) = (to, from);
                    self.hand_over(Mail::Given { from, to, bytes });
                }
            }
            Mail::Given { from, to, bytes } => {
                if let Some(bytes) = self.message(to, Input::Absorb(bytes)) {
                    let (from, to) = (to, from);
                    self.hand_over(Mail::Given { from, to, bytes });
                }
            }
        }
    }
}
