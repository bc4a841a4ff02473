//! What an act that rests on a held one said, written anew on its author's behalf.
//!
//! A stranded act is sound, but names what the record here does not have. The server says it
//! again path by path, at the heads that survive of what the author had seen: values that others
//! wrote meanwhile stay beside it as conflicts, and nothing is overwritten that the author did
//! not overwrite. Rows, members, steps and marks get names of the server's actor. A letter goes
//! to its nearest kept neighbour on the left. What has no place left is named, for the author's
//! tray: a cell of a row that is not there, and all of a record whose first change was held.
//!
//! The caller keeps the record's held changes and, of acts written anew before, the names that
//! changed ([`Rewritten::renamed`], also in the new act's `original`).

mod plan;

use std::collections::BTreeMap;

use super::held::Held;
use super::policy::{self, Rights};
use crate::catalogue::Kind;
use crate::envelope::{Act, Behalf, Original, Part};
use crate::ids::{ActId, ActorName, DeviceId, Hash, RecordId, StationId};
use crate::record::change::{Decoded, Scalar};
use crate::record::history::{Clock, History, Origin};
use crate::record::write::{self, Edit, Pen, Refused};

/// A change of a held act: also of one that was stranded and written anew.
#[derive(Debug, Clone)]
pub struct HeldChange {
    pub act: ActId,
    /// The act in the books that had said the same, if it is held for that.
    pub first: Option<ActId>,
    pub decoded: Decoded,
}

impl HeldChange {
    /// The act under which the books have what it says, if they have it.
    pub fn in_books(&self) -> ActId {
        self.first.unwrap_or(self.act)
    }
}

/// One record that the stranded act touches, as admitted so far.
#[derive(Debug)]
pub struct Ground<'a> {
    /// Left as it was found.
    pub history: &'a mut History,
    pub kind: Option<&'a Kind>,
    /// All held changes of the record, and of records that are this one in the books, each in the
    /// order of the station log.
    pub held: Vec<HeldChange>,
    /// Rows and members that got another name when their act was written anew.
    pub renamed: &'a BTreeMap<String, String>,
    /// The generation the server's device has reached in the record.
    pub generation: u32,
}

/// The signed act, whose it is, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Stranded<'a> {
    pub act: &'a Act,
    pub device: DeviceId,
    pub envelope: Hash,
    /// The author's: what is written anew must be allowed to the author.
    pub rights: &'a Rights,
    /// Records that were made twice, and what each is in the books: the one that was made first.
    pub moved: &'a BTreeMap<RecordId, RecordId>,
}

impl Stranded<'_> {
    fn now(&self, record: RecordId) -> RecordId {
        self.moved.get(&record).copied().unwrap_or(record)
    }
}

/// Who writes it anew.
#[derive(Debug, Clone, Copy)]
pub struct Server<'a> {
    pub station: &'a StationId,
    pub device: DeviceId,
}

/// What became of a stranded act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Rewritten(Rewritten),
    /// Nothing of it is left to write: it goes to the author's tray. If nothing was dropped, all
    /// it said is there already.
    NoPlace {
        dropped: Vec<Dropped>,
    },
    /// The author may not write that, stranded or not.
    Held(Held),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    pub parts: Vec<Part>,
    pub on_behalf: Behalf,
    /// What had no place left.
    pub dropped: Vec<Dropped>,
}

impl Rewritten {
    /// Keys of rows and members that got a new name: (old, new).
    pub fn renamed(&self) -> &[(String, String)] {
        let original = self.on_behalf.original.as_ref();
        original.map_or(&[], |original| &original.renamed)
    }

    /// The act for the server's next envelope, its `n`th.
    pub fn act(&self, n: u64, at: i64, mono: u64) -> Act {
        Act {
            n,
            at,
            mono,
            parts: self.parts.clone(),
            again: None,
            on_behalf: Some(self.on_behalf.clone()),
        }
    }
}

/// A statement without a place: its path, and no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dropped {
    pub record: RecordId,
    /// `table/row:cell`, `field/member`, or `record` for all of it.
    pub path: String,
}

/// Writes a stranded act anew. `grounds` holds every record that it touches, as it is in the books.
pub fn rewrite(
    stranded: &Stranded<'_>,
    grounds: &mut BTreeMap<RecordId, Ground<'_>>,
    server: &Server<'_>,
) -> Outcome {
    let lengths: BTreeMap<RecordId, (usize, usize, u32)> = grounds
        .iter()
        .map(|(record, at)| {
            let length = at.history.changes().len();
            (*record, (length, at.held.len(), at.generation))
        })
        .collect();
    let mut hand = Hand {
        stranded,
        server,
        parts: Vec::new(),
        renamed: Vec::new(),
        dropped: Vec::new(),
    };
    let done = stranded.act.parts.iter().try_for_each(|part| {
        let ground = grounds.get_mut(&stranded.now(part.record));
        hand.part(part, ground)
    });
    for (record, ground) in grounds.iter_mut() {
        let (length, held, generation) = lengths[record];
        ground.history.truncate(length);
        ground.held.truncate(held);
        ground.generation = generation;
    }
    match done {
        Err(held) => Outcome::Held(held),
        Ok(()) if hand.parts.is_empty() => Outcome::NoPlace {
            dropped: hand.dropped,
        },
        Ok(()) => Outcome::Rewritten(hand.finish()),
    }
}

struct Hand<'a> {
    stranded: &'a Stranded<'a>,
    server: &'a Server<'a>,
    parts: Vec<Part>,
    renamed: Vec<(String, String)>,
    dropped: Vec<Dropped>,
}

impl Hand<'_> {
    fn part(&mut self, part: &Part, ground: Option<&mut Ground<'_>>) -> Result<(), Held> {
        let record = self.stranded.now(part.record);
        let drop = |path: &str| Dropped {
            record,
            path: path.to_owned(),
        };
        let bad = |bad| Held::new(super::Code::BadChange, bad);
        let decoded = Decoded::strict(&part.change).map_err(bad)?;
        // Only the device that named a record can make its first change.
        let ground = ground.filter(|at| !at.history.is_empty() && !decoded.deps.is_empty());
        let Some(ground) = ground else {
            self.dropped.push(drop("record"));
            return Ok(());
        };
        let base = base(ground, &decoded);
        let g = generation(self.server, ground, &base);
        let actor = ActorName::derive(self.server.station, self.server.device, record, g);
        let mut plan = plan::plan(ground, &self.renamed, &base, &decoded, actor);
        plan.edits.iter_mut().for_each(|edit| self.relink(edit));
        self.dropped
            .extend(plan.dropped.iter().map(|path| drop(path)));
        let written = self.write(ground, &base, g, &plan.edits)?;
        ground.held.push(HeldChange {
            act: self.act(),
            first: None,
            decoded,
        });
        if let Some(change) = written {
            ground.generation = g;
            self.renamed.extend(plan.renamed);
            self.parts.push(Part {
                record,
                g,
                change,
                made: None,
            });
        }
        Ok(())
    }

    /// A link to a record that was made twice leads to the one in the books.
    fn relink(&self, edit: &mut Edit) {
        let follow = |value: &mut Scalar| {
            if let Scalar::Str(text) = value
                && let Ok(record) = text.parse()
                && let Some(now) = self.stranded.moved.get(&record)
            {
                *text = now.to_string();
            }
        };
        match edit {
            Edit::Set { value, .. } | Edit::Settle { value, .. } | Edit::Add { value, .. } => {
                follow(value);
            }
            Edit::AddRow { cells, .. } => cells.iter_mut().for_each(|(_, value)| follow(value)),
            Edit::Remove { .. } | Edit::Splice { .. } | Edit::Step { .. } | Edit::Amend { .. } => {}
        }
    }

    /// The change, if it says anything, once it is found sound and allowed to the author.
    fn write(
        &self,
        ground: &mut Ground<'_>,
        base: &Clock,
        g: u32,
        edits: &[write::Edit],
    ) -> Result<Option<Vec<u8>>, Held> {
        if edits.is_empty() {
            return Ok(None);
        }
        let Stranded { act, rights, .. } = self.stranded;
        let pen = Pen {
            station: self.server.station,
            device: self.server.device,
            g,
            person: &rights.person,
            at: act.written_at(),
        };
        let heads = ground.history.heads_of(base);
        let unsound = |why: &dyn std::fmt::Display| Held::new(super::Code::Unsound, why);
        let change = match write::change_at(ground.history, &heads, ground.kind, edits, &pen) {
            Ok(change) => change,
            Err(Refused::Nothing) => return Ok(None),
            Err(refused) => return Err(unsound(&refused)),
        };
        let decoded = Decoded::strict(&change).map_err(|bad| unsound(&bad))?;
        let origin = Origin {
            act: self.act(),
            person: rights.person.clone(),
            at: act.written_at(),
            received_at: None,
            entry: None,
        };
        let position = ground
            .history
            .push(decoded, change.clone(), origin)
            .map_err(|bad| unsound(&bad))?;
        let station = self.server.station;
        policy::check(ground.history, position, station, ground.kind, rights)?;
        Ok(Some(change))
    }

    fn act(&self) -> ActId {
        self.stranded.act.author_act(self.stranded.device)
    }

    fn finish(self) -> Rewritten {
        let original = Original {
            act: self.act(),
            envelope: self.stranded.envelope,
            at: self.stranded.act.written_at(),
            renamed: self.renamed,
        };
        Rewritten {
            parts: self.parts,
            on_behalf: Behalf {
                person: self.stranded.rights.person.clone(),
                original: Some(original),
            },
            dropped: self.dropped,
        }
    }
}

/// What survives of all that the author had seen: what the change rests on and is here, what the
/// held changes under it rest on, and what was written anew of those.
fn base(ground: &Ground<'_>, change: &Decoded) -> Clock {
    let history = &*ground.history;
    let mut clock = Clock::default();
    let mut waiting: Vec<Hash> = change.deps.clone();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(hash) = waiting.pop() {
        if !seen.insert(hash) {
            continue;
        }
        if let Ok(past) = history.past(&[hash]) {
            clock.join(&past);
            continue;
        }
        for held in ground.held.iter().filter(|held| held.decoded.hash == hash) {
            waiting.extend(&held.decoded.deps);
            for anew in history
                .changes()
                .iter()
                .filter(|at| at.origin.act == held.in_books())
            {
                clock.join(&anew.clock);
            }
        }
    }
    // The first change is everybody's past, also where every other dependency is unknown here.
    if let Some(first) = history.changes().first() {
        clock.join(&first.clock);
    }
    clock
}

/// The server's generation in the record: a new one unless its own last change is in the past of
/// what it writes now.
fn generation(server: &Server<'_>, ground: &Ground<'_>, base: &Clock) -> u32 {
    let device = server.device;
    let actor = ActorName::derive(
        server.station,
        device,
        ground.history.record,
        ground.generation,
    );
    let mut own = (0..ground.history.changes().len())
        .filter(|at| ground.history.changes()[*at].decoded.actor == actor);
    match own.all(|at| ground.history.covers(base, at)) {
        true => ground.generation,
        false => ground.generation + 1,
    }
}
