//! How edits become the bytes of one change.

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, ObjType, ROOT};

use super::{Birth, Edit, Hand, Pen, RECORD_VERSION, Refused, failed};
use crate::catalogue::{FieldType, Kind};
use crate::ids::{ActorName, Hash, RecordId};
use crate::record::change::{BadChange, guarded};
use crate::record::history::{History, Unsound};
use crate::record::{choice, document};

/// The first change of the record `record`.
pub fn create(
    record: RecordId,
    birth: Birth<'_>,
    edits: &[Edit],
    pen: &Pen<'_>,
) -> Result<Vec<u8>, Refused> {
    commit(
        &History::new(record),
        Some(birth.kind),
        pen,
        edits,
        |tx, _| {
            tx.put(ROOT, "kind", birth.kind.name.as_str())
                .map_err(failed)?;
            tx.put(ROOT, "v", RECORD_VERSION).map_err(failed)?;
            tx.put(ROOT, "station", pen.station.as_str())
                .map_err(failed)?;
            if let Some(id) = birth.external_id {
                tx.put(ROOT, "external_id", id).map_err(failed)?;
            }
            let fields = tx
                .put_object(ROOT, "fields", ObjType::Map)
                .map_err(failed)?;
            for container in ["steps", "marks", "secrets"] {
                tx.put_object(ROOT, container, ObjType::Map)
                    .map_err(failed)?;
            }
            for field in birth
                .kind
                .fields
                .iter()
                .filter(|field| field.ty == FieldType::CoText)
            {
                tx.put_object(&fields, field.name.as_str(), ObjType::Text)
                    .map_err(failed)?;
            }
            Ok(())
        },
    )
}

/// One more change of a record. `kind` is none where this program does not know the record's kind.
pub fn change(
    history: &History,
    kind: Option<&Kind>,
    edits: &[Edit],
    pen: &Pen<'_>,
) -> Result<Vec<u8>, Refused> {
    commit(history, kind, pen, edits, |_, _| Ok(()))
}

/// A change made as if only `heads` and what they rest on had been known.
pub fn change_at(
    history: &History,
    heads: &[Hash],
    kind: Option<&Kind>,
    edits: &[Edit],
    pen: &Pen<'_>,
) -> Result<Vec<u8>, Refused> {
    guarded_write(|| {
        let unknown =
            |unsound: Unsound| Refused::Record(BadChange::Undecodable(unsound.to_string()));
        let clock = history.past(heads).map_err(unknown)?;
        let seen = |at: &usize| history.covers(&clock, *at);
        let changes = (0..history.changes().len()).filter(seen);
        let bytes = changes.map(|at| history.changes()[at].bytes.as_slice());
        let mut doc = document::load(bytes)?;
        finish(&mut doc, history, kind, pen, edits, |_, _| Ok(()))
    })
}

fn commit(
    history: &History,
    kind: Option<&Kind>,
    pen: &Pen<'_>,
    edits: &[Edit],
    begin: impl FnOnce(&mut Transaction<'_>, &mut Names) -> Result<(), Refused>,
) -> Result<Vec<u8>, Refused> {
    guarded_write(|| {
        finish(
            &mut document::load(history.raw())?,
            history,
            kind,
            pen,
            edits,
            begin,
        )
    })
}

fn guarded_write<T>(work: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    guarded(|| Ok(work())).map_err(Refused::from)?
}

fn finish(
    doc: &mut Automerge,
    history: &History,
    kind: Option<&Kind>,
    pen: &Pen<'_>,
    edits: &[Edit],
    begin: impl FnOnce(&mut Transaction<'_>, &mut Names) -> Result<(), Refused>,
) -> Result<Vec<u8>, Refused> {
    let actor = ActorName::derive(pen.station, pen.device, history.record, pen.g);
    doc.set_actor(ActorId::from(actor.0));
    let mut names = Names {
        actor,
        next: history.actor_counts(&actor).1,
    };
    let mut tx = doc.transaction();
    begin(&mut tx, &mut names)?;
    let mut hand = Hand {
        tx: &mut tx,
        kind,
        pen,
        names: &mut names,
        choices: Vec::new(),
    };
    for edit in edits {
        hand.make(edit)?;
    }
    let choices = hand.choices;
    let (hash, _) =
        tx.commit_with(CommitOptions::default().with_time(pen.at.div_euclid(1000).max(0)));
    hash.ok_or(Refused::Nothing)?;
    let change = doc.get_last_local_change().ok_or(Refused::Nothing)?;
    Ok(match choices.is_empty() {
        true => change.raw_bytes().to_vec(),
        false => choice::said(&change, choices).raw_bytes().to_vec(),
    })
}

/// Names of what the change makes.
pub(super) struct Names {
    actor: ActorName,
    next: u64,
}

impl Names {
    pub(super) fn next(&mut self) -> String {
        self.next += 1;
        self.actor.key(self.next - 1)
    }
}
