//! What did a held act say, so that it can be said again?
//!
//! Its changes are read as what they did to their records: the view with a change beside the view
//! without it, as its author saw it. What rests on another held act can be said once that one was
//! submitted again: of its rows and records, by the names they have got. Of an act that the server
//! wrote anew in part, only what was lost is said.

use std::collections::{BTreeMap, BTreeSet};

use super::anew::{Names, Old};
use super::batch::{Batch, Stop};
use super::door::Deed;
use super::refusal::Refusal;
use super::rows::{self, AgainRow, TrayRow, Twin};
use super::shelf::Shelf;
use crate::envelope::codec::from_newer;
use crate::envelope::{Act, Part};
use crate::gate::Code;
use crate::ids::{ActId, Hash, PersonId, RecordId};
use crate::record::change::{Decoded, Scalar};
use crate::record::history::{History, Origin};
use crate::record::likeness::made_names;
use crate::record::parts;
use crate::record::view::{Slot, View};
use crate::record::write::{AMEND, Edit, REMOVED, SETTLE, Spot};

/// The deeds of an act in the tray.
pub fn deeds(batch: &mut Batch<'_>, act: ActId, row: &TrayRow) -> Result<Vec<Deed>, Stop> {
    batch.want_prefix(rows::AGAIN);
    batch.want_prefix(rows::TRAY);
    batch.ready()?;
    let content = read(rows::tray_key(act.n), &row.act)?;
    let (mut old, mut now_is) = (Old::default(), Names::default());
    for (key, row) in batch.scan::<AgainRow>(rows::AGAIN)? {
        old.add(&read(key, &row.act)?);
        now_is.learn(&row.now_is);
    }
    for (key, row) in batch.scan::<TrayRow>(rows::TRAY)? {
        old.add(&read(key, &row.act)?);
    }
    let now = |record: RecordId| now_is.records.get(&record).copied().unwrap_or(record);
    let touched = content.parts.iter().map(|part| part.record);
    let touched: BTreeSet<RecordId> = touched.flat_map(|record| [record, now(record)]).collect();
    let mut shelf = Shelf::default();
    shelf.fetch(batch, &touched)?;
    let mut deeds = Vec::new();
    for part in &content.parts {
        let lost = Lost::of(row, part.record);
        let said = plainly(part, act, shelf.history(part.record));
        let said = said.or_else(|| old.said(part, act, shelf.history(part.record)));
        let said = said.ok_or(Refusal::CannotRepeat(act))?;
        let mut edits = said.edits;
        edits.retain(|edit| lost.holds(edit));
        edits.iter_mut().for_each(|edit| now_is.edit(edit));
        if said.before.is_none() {
            deeds.push(Deed::Create {
                kind: said.after.kind.clone(),
                external_id: said.after.external_id.clone(),
                edits,
            });
            continue;
        }
        let record = now(part.record);
        let here = shelf.history(record).map(View::of);
        let has_place = here.is_some_and(|view| edits.iter().all(|edit| stands(&view, edit)));
        match (edits.is_empty(), has_place) {
            (true, _) => {}
            (false, true) => deeds.push(Deed::Change { record, edits }),
            (false, false) => return Err(Refusal::CannotRepeat(act).into()),
        }
    }
    match deeds.is_empty() {
        true => Err(Refusal::CannotRepeat(act).into()),
        false => Ok(deeds),
    }
}

/// What an act did to the record as it is without it. None where it rests on what is not there.
fn plainly(part: &Part, act: ActId, history: Option<&History>) -> Option<Said> {
    let decoded = Decoded::admitted(&part.change).ok()?;
    let before = history.filter(|_| !decoded.deps.is_empty());
    said(part, decoded, act, before)
}

fn read(key: String, bytes: &[u8]) -> Result<Act, Refusal> {
    from_newer(bytes).map_err(|bad| Refusal::Store {
        key,
        why: bad.to_string(),
    })
}

/// The row or member that an edit is about is there.
fn stands(view: &View, edit: &Edit) -> bool {
    match edit {
        Edit::Set { spot, .. } | Edit::Settle { spot, .. } => match spot {
            Spot::Field(_) => true,
            Spot::Cell { row, .. } => view.rows.contains_key(row),
        },
        Edit::Remove { target, .. } => target.as_ref().is_none_or(|target| {
            view.rows.contains_key(target) || view.fields.contains_key(target)
        }),
        Edit::Add { .. }
        | Edit::AddRow { .. }
        | Edit::Splice { .. }
        | Edit::Step { .. }
        | Edit::Amend { .. } => true,
    }
}

/// What the server found no place for in one record.
enum Lost {
    /// The act is held as a whole.
    All,
    /// By paths, as the verdict has them.
    Only(BTreeSet<String>),
}

/// A verdict names no more paths than this: behind the last there may have been others.
const MOST_PATHS: usize = 20;

impl Lost {
    fn of(row: &TrayRow, record: RecordId) -> Lost {
        let paths: Vec<&str> = row.detail.split(' ').collect();
        if row.code != Code::Partly.word() || paths.len() >= MOST_PATHS {
            return Lost::All;
        }
        let begin = format!("{record}/");
        let of_it = paths.iter().filter_map(|path| path.strip_prefix(&begin));
        let of_it: BTreeSet<String> = of_it.map(str::to_owned).collect();
        match of_it.contains("record") {
            true => Lost::All,
            false => Lost::Only(of_it),
        }
    }

    fn holds(&self, edit: &Edit) -> bool {
        let Lost::Only(paths) = self else { return true };
        match edit {
            Edit::Set { spot, .. } | Edit::Settle { spot, .. } => paths.contains(&spot.path()),
            Edit::Remove { target, .. } => target.as_ref().is_some_and(|target| {
                paths.contains(&format!("{target}:{REMOVED}"))
                    || paths.contains(&format!("{target}/{REMOVED}"))
            }),
            Edit::Splice { field, .. } => paths.contains("text") || paths.contains(field),
            Edit::Add { .. } | Edit::AddRow { .. } | Edit::Step { .. } | Edit::Amend { .. } => {
                false
            }
        }
    }
}

/// What is remembered of a held act when another is submitted in its place, if the two can be laid
/// side by side.
pub fn row(old: &[u8], new: &Act) -> Option<AgainRow> {
    let act: Act = from_newer(old).ok()?;
    let mut now_is = Twin {
        records: Vec::new(),
        changes: Vec::new(),
        names: Vec::new(),
    };
    if act.parts.len() != new.parts.len() {
        return None;
    }
    for (old, new) in act.parts.iter().zip(&new.parts) {
        let before = Decoded::admitted(&old.change).ok()?;
        let after = Decoded::admitted(&new.change).ok()?;
        now_is.records.push((old.record, new.record));
        now_is.changes.push((before.hash, after.hash));
        let (before, after) = (made_names(&before), made_names(&after));
        if before.len() == after.len() {
            now_is.names.extend(before.into_iter().zip(after));
        }
    }
    let act = old.to_vec();
    Some(AgainRow { act, now_is })
}

/// What one change did, and the record with it.
pub struct Said {
    pub edits: Vec<Edit>,
    /// None where the change made the record.
    pub before: Option<View>,
    pub after: View,
}

/// Reads a change against the record as it is without it.
pub fn said(part: &Part, decoded: Decoded, act: ActId, before: Option<&History>) -> Option<Said> {
    let mut after = before.cloned().unwrap_or_else(|| History::new(part.record));
    let (hash, order) = (decoded.hash, made_names(&decoded));
    let origin = Origin {
        act,
        person: PersonId::server(),
        at: 0,
        received_at: None,
        entry: None,
    };
    after.push(decoded, part.change.clone(), origin).ok()?;
    let after = View::of(&after);
    let before = before.map(View::of);
    let edits = edits(before.as_ref(), &after, hash, &order)?;
    Some(Said {
        edits,
        before,
        after,
    })
}

/// What the change `hash` did; what it made and named so, in that `order`.
fn edits(before: Option<&View>, after: &View, hash: Hash, order: &[String]) -> Option<Vec<Edit>> {
    let at = after.changes.iter().position(|made| made.hash == hash)?;
    let written = |slot: &Slot| {
        let mut new = slot.values.iter().filter(|written| written.change == at);
        new.next_back().map(|written| written.value.clone())
    };
    let marks: Vec<_> = after
        .marks
        .iter()
        .filter(|mark| mark.change == at)
        .collect();
    let settles = |path: &str| {
        let mut settling = marks
            .iter()
            .filter(|mark| mark.text("type") == Some(SETTLE));
        settling.any(|mark| mark.text("path") == Some(path))
    };
    let put = |spot: Spot, value: Scalar| match settles(&spot.path()) {
        true => Edit::Settle { spot, value },
        false => Edit::Set { spot, value },
    };
    let mut edits = Vec::new();
    let mut made: BTreeMap<usize, Edit> = BTreeMap::new();
    let place = |key: &str| order.iter().position(|name| name == key);
    for (key, slot) in &after.fields {
        let Some(value) = written(slot) else { continue };
        match key.rsplit_once('/') {
            None if key == REMOVED => edits.push(removal(None, &value)),
            None => edits.push(put(Spot::Field(key.clone()), value)),
            Some((member, REMOVED)) => edits.push(removal(Some(member), &value)),
            Some((field, _)) => {
                let field = field.to_owned();
                made.insert(place(key)?, Edit::Add { field, value });
            }
        }
    }
    let mut tables: Vec<&str> = after
        .rows
        .keys()
        .filter_map(|key| key.split('/').next())
        .collect();
    tables.dedup();
    for row in tables
        .into_iter()
        .flat_map(|table| parts::rows(after, table))
    {
        let cells = row.row.cells.iter();
        let new = cells.filter_map(|(cell, slot)| Some((cell.clone(), written(slot)?)));
        if row.row.change == at {
            let field = row.key.split('/').next()?.to_owned();
            let cells = new.collect();
            made.insert(place(row.key)?, Edit::AddRow { field, cells });
            continue;
        }
        edits.extend(new.map(|(cell, value)| match cell == REMOVED {
            true => removal(Some(row.key), &value),
            false => {
                let row = row.key.to_owned();
                put(Spot::Cell { row, cell }, value)
            }
        }));
    }
    edits.extend(made.into_values());
    for (field, text) in after
        .texts
        .iter()
        .filter(|(_, text)| text.changes.contains(&at))
    {
        let old = before.and_then(|before| before.texts.get(field));
        edits.extend(splice(field, old.map_or("", |old| &old.text), &text.text));
    }
    for step in after.steps.iter().filter(|step| step.change == at) {
        edits.push(Edit::Step {
            to: step.text("to")?.to_owned(),
            note: step.text("note").map(str::to_owned),
        });
    }
    for mark in marks.iter().filter(|mark| mark.text("type") == Some(AMEND)) {
        let reason = mark.text("reason")?.to_owned();
        edits.push(Edit::Amend { reason });
    }
    Some(edits)
}

fn removal(target: Option<&str>, reason: &Scalar) -> Edit {
    Edit::Remove {
        target: target.map(str::to_owned),
        reason: reason.as_str().unwrap_or_default().to_owned(),
    }
}

/// The one replacement that leads from a text to another, if they differ.
fn splice(field: &str, old: &str, new: &str) -> Option<Edit> {
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let ends = old[same..].iter().rev().zip(new[same..].iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let units = |chars: &[char]| chars.iter().map(|c| c.len_utf16()).sum();
    let (gone, come) = (&old[same..old.len() - tail], &new[same..new.len() - tail]);
    (!gone.is_empty() || !come.is_empty()).then(|| Edit::Splice {
        field: field.to_owned(),
        at: units(&old[..same]),
        delete: units(gone),
        insert: come.iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::ids::{DeviceId, StationId};
    use crate::record::write::{self, Birth, Pen};

    #[test]
    fn what_a_change_did_is_read_back_as_the_edits_that_did_it() {
        let station = StationId::new("S00").unwrap();
        let (device, person) = (DeviceId([7; 16]), PersonId::new("O0000").unwrap());
        let record = RecordId::derive(&station, device, 1);
        let pen = Pen {
            station: &station,
            device,
            g: 0,
            person: &person,
            at: 1_760_000_000_000,
        };
        let kind = &Catalogue::embedded().kinds["case"];
        let text = |text: &str| Scalar::Str(text.into());
        let made = vec![
            Edit::Set {
                spot: Spot::Field("cause".into()),
                value: text("占道"),
            },
            Edit::Add {
                field: "handlers".into(),
                value: text("O0000"),
            },
            Edit::AddRow {
                field: "log".into(),
                cells: vec![("text".into(), text("到场"))],
            },
            Edit::Step {
                to: "lead".into(),
                note: Some("巡查".into()),
            },
        ];
        let birth = Birth {
            kind,
            external_id: Some("case-1"),
        };
        let first = write::create(record, birth, &made, &pen).unwrap();
        let part = |change: &[u8]| Part {
            record,
            g: 0,
            change: change.to_vec(),
            made: None,
        };
        let act = ActId { device, n: 1 };
        let read = |change: &[u8], history| plainly(&part(change), act, history).unwrap();
        let read_first = read(&first, None);
        assert!(read_first.before.is_none());
        assert_eq!(read_first.edits, made);
        assert_eq!(read_first.after.external_id.as_deref(), Some("case-1"));

        let mut history = History::new(record);
        let origin = Origin {
            act,
            person: person.clone(),
            at: pen.at,
            received_at: None,
            entry: None,
        };
        let decoded = Decoded::admitted(&first).unwrap();
        history.push(decoded, first, origin).unwrap();
        let row = View::of(&history).rows.keys().next().unwrap().clone();
        let changed = vec![
            Edit::Set {
                spot: Spot::Field("cause".into()),
                value: text("占道经营"),
            },
            Edit::Set {
                spot: Spot::Cell {
                    row,
                    cell: "text".into(),
                },
                value: text("劝离"),
            },
            Edit::Amend {
                reason: "笔误".into(),
            },
        ];
        let second = write::change(&history, Some(kind), &changed, &pen).unwrap();
        assert_eq!(read(&second, Some(&history)).edits, changed);
    }

    #[test]
    fn a_splice_between_letters_of_two_units_is_found() {
        let edit = splice("body", "会议🙂开始", "会议🙂准时开始");
        let Some(Edit::Splice {
            at, delete, insert, ..
        }) = edit
        else {
            panic!("nothing differs");
        };
        assert_eq!((at, delete, insert.as_str()), (4, 0, "准时"));
        assert_eq!(splice("body", "同", "同"), None);
    }
}
