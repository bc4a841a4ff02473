//! How does an input become durable?
//!
//! The loop around [`Fieldbook`]: read what it names, let it decide, commit what it writes as one
//! batch, take the new state over, and only then pass on what it says. It is the contract that
//! stands at the head of [`sync_core::fieldbook`], once, for every platform.

use std::collections::VecDeque;
use std::path::Path;

use sync_core::envelope::SoftKey;
use sync_core::fieldbook::{
    Asked, Fieldbook, Handled, Input, Loaded, Needs, Refusal, Reply, SignRequest, Write,
};

use crate::clock::{Clock, random};
use crate::error::PhoneError;
use crate::store::{Store, StoreError};

/// A fieldbook over a store.
#[derive(Debug)]
pub struct Host {
    store: Store,
    pub(crate) fieldbook: Fieldbook,
    pub(crate) clock: Clock,
}

/// What an input came to, once it was durable.
#[derive(Debug, Default)]
pub struct Outcome {
    pub replies: Vec<Reply>,
    /// To be signed, each signature to be given back as [`Input::Signed`].
    pub sign: Vec<SignRequest>,
    /// To be handled after the signatures.
    pub again: Vec<Input>,
}

impl Host {
    pub fn open(store: Store, clock: Clock) -> Result<Host, PhoneError> {
        let mut loaded = Loaded::new();
        load(&store, &Fieldbook::first_needs(), &mut loaded)?;
        let fieldbook = Fieldbook::open(&loaded)?;
        Ok(Host {
            store,
            fieldbook,
            clock,
        })
    }

    /// Handles one input. On an error nothing has happened.
    pub fn step(&mut self, input: Input) -> Result<Outcome, PhoneError> {
        let (now, entropy) = (self.clock.read(), random::<32>()?);
        let mut loaded = Loaded::new();
        load(&self.store, &self.fieldbook.needs(&input), &mut loaded)?;
        let effects = loop {
            let handled = self
                .fieldbook
                .handle(now, entropy, &loaded, input.clone())?;
            match handled {
                Handled::Done(effects) => break effects,
                Handled::More(needs) => load(&self.store, &needs, &mut loaded)?,
            }
        };
        self.store
            .commit(effects.writes.iter().map(|write| match write {
                Write::Put { key, value } => (key.as_str(), Some(value.as_slice())),
                Write::Delete { key } => (key.as_str(), None),
            }))?;
        self.fieldbook.adopt(&effects);
        Ok(Outcome {
            replies: effects.replies,
            sign: effects.sign,
            again: effects.again,
        })
    }

    /// Handles an input and all that follows from it, signing with a key at hand. Without one,
    /// an input that asks for a signature is refused.
    pub fn run(&mut self, input: Input, key: Option<&SoftKey>) -> Result<Vec<Reply>, PhoneError> {
        let mut waiting = VecDeque::from([input]);
        let mut replies = Vec::new();
        while let Some(input) = waiting.pop_front() {
            let outcome = self.step(input)?;
            replies.extend(outcome.replies);
            for request in outcome.sign {
                let sig = key.ok_or(PhoneError::NoKey)?.sign(&request.bytes);
                let ticket = request.ticket;
                waiting.push_back(Input::Signed { ticket, sig });
            }
            waiting.extend(outcome.again);
        }
        Ok(replies)
    }
}

impl Host {
    /// Reads what a screen shows.
    pub fn ask<T>(
        &self,
        question: impl Fn(&Fieldbook, &Loaded) -> Result<Asked<T>, Refusal>,
    ) -> Result<T, PhoneError> {
        let mut loaded = Loaded::new();
        loop {
            match question(&self.fieldbook, &loaded)? {
                Asked::Done(answer) => return Ok(answer),
                Asked::More(needs) => load(&self.store, &needs, &mut loaded)?,
            }
        }
    }

    /// Whether another installation may be writing what this store says it writes.
    pub fn is_copy(&self) -> bool {
        self.store.is_copy()
    }

    /// From here on the store is this installation's, whose incarnation stands in the folder.
    pub fn settle_here(&mut self, incarnation: &Path) -> Result<(), StoreError> {
        self.store.settle_here(incarnation)
    }

    /// Keeps a note of the host's own, which the core does not see.
    pub fn remember(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store.commit([(note_key(name).as_str(), Some(value))])
    }

    pub fn recall(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(&note_key(name))
    }
}

fn note_key(name: &str) -> String {
    format!("host/{name}")
}

/// Reads what the core asked for, and tells it what is not there.
fn load(store: &Store, needs: &Needs, loaded: &mut Loaded) -> Result<(), StoreError> {
    for key in &needs.keys {
        match store.get(key)? {
            Some(value) => loaded.insert(key, value),
            None => loaded.said_absent(key),
        }
    }
    for prefix in &needs.prefixes {
        for (key, value) in store.scan(prefix)? {
            loaded.insert(key, value);
        }
        loaded.said_prefix(prefix);
    }
    Ok(())
}
