//! Has somebody said already what this act says again?
//!
//! Two copies of one phone's store that enrol anew each write anew what the server had not of it,
//! and neither knows of the other. Both name the first act in `again`. The one that is judged
//! first is in the books; the second, if it says the same, is held for that, and stands in the
//! books as the first does: what rests on it is written anew resting on the first.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::MAX_OPS_AN_ENVELOPE;
use super::held::{Code, Held};
use crate::envelope::Act;
use crate::envelope::change::change_hash;
use crate::ids::{ActId, Hash, PersonId, RecordId};
use crate::record::change::{Decoded, measure};
use crate::record::history::History;
use crate::record::likeness::{likeness, made_names};

/// An act that names another in `again`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub act: ActId,
    pub person: PersonId,
    /// The one it names.
    pub again: ActId,
    /// The first of the acts that `again` leads back through, as far as the server knows them.
    pub root: ActId,
    /// What it says, if it is in the books.
    pub said: Option<Hash>,
    /// Where each of its parts is in the books, if they are.
    pub places: Vec<Place>,
    /// The act that had said the same before, if it is held for that.
    pub first: Option<ActId>,
}

/// A change in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub record: RecordId,
    pub change: Hash,
}

/// Acts that name others, as far as those that are judged now have to do with them: the host loads
/// what [`Answers::root`] and [`Named`] of the acts of a batch lead to.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    known: BTreeMap<ActId, Named>,
    new: BTreeSet<ActId>,
}

impl Answers {
    /// One that was judged before.
    pub fn know(&mut self, named: Named) {
        self.known.insert(named.act, named);
    }

    pub fn get(&self, act: ActId) -> Option<&Named> {
        self.known.get(&act)
    }

    /// All that are known here.
    pub fn all(&self) -> impl Iterator<Item = &Named> {
        self.known.values()
    }

    /// Those that were judged since, in the order of their names.
    pub fn fresh(&self) -> impl Iterator<Item = &Named> {
        self.new.iter().filter_map(|act| self.known.get(act))
    }

    /// They are stored now.
    pub fn settle(&mut self) {
        self.new.clear();
    }

    /// What an act names, before it is judged; nothing if it names nothing.
    pub fn of(&self, act: &Act, id: ActId, person: &PersonId) -> Option<Named> {
        let again = act.again?;
        // What no table can hold names nothing.
        if i64::try_from(again.n.max(id.n)).is_err() {
            return None;
        }
        let root = self.known.get(&again).map_or(again, |named| named.root);
        Some(Named {
            act: id,
            person: person.clone(),
            again,
            root,
            said: None,
            places: Vec::new(),
            first: None,
        })
    }

    /// The act in the books that says what this one says, in the place of the same.
    pub fn first(&self, named: &Named, act: &Act) -> Option<&Named> {
        let mut others = self.in_place_of(named).peekable();
        others.peek()?;
        let said = said(act)?;
        others.find(|other| other.said == Some(said))
    }

    /// What is in the books in the place of the same act, whatever it says.
    pub fn in_place_of<'a>(&'a self, named: &Named) -> impl Iterator<Item = &'a Named> {
        self.known.values().filter(move |other| {
            other.said.is_some()
                && other.person == named.person
                && other.act != named.act
                && other.root == named.root
        })
    }

    /// Why an act is held that says again what is in the books.
    pub fn held(&self, named: &Named, act: &Act) -> Option<Held> {
        let first = self.first(named, act)?;
        Some(Held::new(Code::SaidAlready, first.act))
    }

    /// An act was judged. The first that bears a name keeps it.
    pub fn judged(&mut self, mut named: Named, act: &Act, outcome: Judged) {
        if self.known.contains_key(&named.act) {
            return;
        }
        match outcome {
            Judged::InBooks => {
                named.said = said(act);
                named.places = places(act);
            }
            Judged::SaidAlready => {
                named.first = self.first(&named, act).map(|first| first.act);
            }
            Judged::Held => {}
        }
        self.new.insert(named.act);
        self.known.insert(named.act, named);
    }

    /// A stranded act is in the books, as the server wrote it anew: all of it.
    pub fn written_anew(&mut self, id: ActId, act: &Act, anew: &Act) {
        if let Some(named) = self.known.get_mut(&id) {
            named.said = said(act);
            named.places = places(anew);
        }
    }

    /// The log says which act is the first.
    pub fn stands_as(&mut self, id: ActId, first: ActId) {
        if let Some(named) = self.known.get_mut(&id) {
            named.first = Some(first);
        }
    }

    /// A stranded act has a first after all: it was judged later and is in the books before.
    pub fn said_after_all(&mut self, id: ActId, act: &Act) -> Option<Held> {
        let named = self.known.get(&id)?.clone();
        let first = self.first(&named, act)?.act;
        self.stands_as(id, first);
        Some(Held::new(Code::SaidAlready, first))
    }
}

/// What became of an act that names another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    InBooks,
    /// Held, because its first is in the books.
    SaidAlready,
    Held,
}

/// Where an act's changes are.
pub fn places(act: &Act) -> Vec<Place> {
    let parts = act.parts.iter().filter_map(|part| {
        let change = change_hash(&part.change).ok()?;
        let record = part.record;
        Some(Place { record, change })
    });
    parts.collect()
}

/// What an act says, if its changes can be read.
pub fn said(act: &Act) -> Option<Hash> {
    let mut left = MAX_OPS_AN_ENVELOPE;
    let mut parts = Vec::new();
    for part in &act.parts {
        left = left.checked_sub(measure(&part.change).ok()?)?;
        let said = likeness(&Decoded::strict(&part.change).ok()?);
        parts.push([&said.0[..], &[u8::from(part.made.is_some())]].concat());
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Some(Hash::of_parts("wardbook said again", &parts))
}

/// What stands under which name in the books, of an act that is held because its first says the
/// same: rows and members by their keys.
pub fn renamed(change: &Decoded, first: Place, history: &History) -> Vec<(String, String)> {
    let Some(at) = history.position(&first.change) else {
        return Vec::new();
    };
    let new = made_names(&history.changes()[at].decoded);
    let renamed = made_names(change).into_iter().zip(new);
    renamed.filter(|(old, new)| old != new).collect()
}
