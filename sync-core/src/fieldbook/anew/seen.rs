//! A record as whoever wrote a change saw it, whatever became of what they saw.

use std::collections::{BTreeMap, BTreeSet};

use super::super::again::{Said, said};
use crate::envelope::{Act, Part};
use crate::ids::{ActId, Hash, PersonId, RecordId};
use crate::record::change::Decoded;
use crate::record::history::{Clock, History, Origin};

/// The changes of the acts that are written anew.
#[derive(Debug, Default)]
pub struct Old {
    changes: BTreeMap<RecordId, Vec<(Decoded, Vec<u8>)>>,
    deps: BTreeMap<Hash, Vec<Hash>>,
}

impl Old {
    pub fn add(&mut self, act: &Act) {
        for part in &act.parts {
            if let Ok(decoded) = Decoded::admitted(&part.change) {
                self.deps.insert(decoded.hash, decoded.deps.clone());
                let changes = self.changes.entry(part.record).or_default();
                changes.push((decoded, part.change.clone()));
            }
        }
    }

    /// What a change did, read against what its author saw; none where that is not known here.
    pub fn said(&self, part: &Part, act: ActId, here: Option<&History>) -> Option<Said> {
        let decoded = Decoded::admitted(&part.change).ok()?;
        let before = match decoded.deps.is_empty() {
            true => None,
            false => Some(self.before(part.record, &decoded.deps, act, here)?),
        };
        said(part, decoded, act, before.as_ref())
    }

    fn before(
        &self,
        record: RecordId,
        deps: &[Hash],
        act: ActId,
        here: Option<&History>,
    ) -> Option<History> {
        let stored = here.map(History::changes).unwrap_or_default();
        let queued = self.changes.get(&record).map(Vec::as_slice);
        let queued = queued.unwrap_or_default();
        let mut known: BTreeMap<Hash, &[Hash]> = BTreeMap::new();
        for change in stored {
            known.insert(change.decoded.hash, &change.decoded.deps);
        }
        for (decoded, _) in queued {
            known.insert(decoded.hash, &decoded.deps);
        }
        let (mut past, mut waiting) = (BTreeSet::new(), deps.to_vec());
        while let Some(hash) = waiting.pop() {
            if past.insert(hash) {
                waiting.extend(*known.get(&hash)?);
            }
        }
        let mut history = History::new(record);
        for change in stored {
            if past.remove(&change.decoded.hash) {
                let origin = change.origin.clone();
                let decoded = change.decoded.clone();
                history.push(decoded, change.bytes.clone(), origin).ok()?;
            }
        }
        for (decoded, bytes) in queued {
            if past.remove(&decoded.hash) {
                history
                    .push(decoded.clone(), bytes.clone(), origin(act))
                    .ok()?;
            }
        }
        Some(history)
    }

    /// What is in `here` of all that the author of a change had seen, where some changes stand
    /// under new hashes.
    pub fn base(&self, change: &Decoded, here: &History, anew: &BTreeMap<Hash, Hash>) -> Clock {
        let mut clock = Clock::default();
        let (mut done, mut waiting) = (BTreeSet::new(), change.deps.clone());
        while let Some(hash) = waiting.pop() {
            if !done.insert(hash) {
                continue;
            }
            let new = anew.get(&hash).copied().unwrap_or(hash);
            match here.past(&[new]) {
                Ok(past) => clock.join(&past),
                Err(_) => waiting.extend(self.deps.get(&hash).into_iter().flatten()),
            }
        }
        // The first change is everybody's past.
        if let Some(first) = here.changes().first() {
            clock.join(&first.clock);
        }
        clock
    }
}

fn origin(act: ActId) -> Origin {
    Origin {
        act,
        person: PersonId::server(),
        at: 0,
        received_at: None,
        entry: None,
    }
}
