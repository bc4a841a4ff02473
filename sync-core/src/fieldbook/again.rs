//! What did a held act say, so that it can be said again?
//!
//! Its changes are read as what they did to their records: the view with a change beside the view
//! without it. What rests on another held act cannot be read so; the server writes that anew.

use std::collections::BTreeMap;

use super::batch::Stop;
use super::door::Deed;
use super::refusal::Refusal;
use crate::envelope::{Act, Part};
use crate::ids::{ActId, DeviceId, Hash, PersonId, RecordId};
use crate::record::change::{Action, At, Decoded, Scalar};
use crate::record::history::{History, Origin};
use crate::record::parts;
use crate::record::view::{Slot, View};
use crate::record::write::{AMEND, Edit, REMOVED, SETTLE, Spot};

/// The deeds of an act, given the records as they are without it.
pub fn deeds<'h>(
    act: &Act,
    device: DeviceId,
    history_of: impl Fn(RecordId) -> Option<&'h History>,
) -> Result<Vec<Deed>, Stop> {
    let id = ActId { device, n: act.n };
    act.parts
        .iter()
        .map(|part| {
            let deed = deed(part, id, history_of(part.record));
            deed.ok_or(Stop::Refused(Refusal::CannotRepeat(id)))
        })
        .collect()
}

fn deed(part: &Part, act: ActId, history: Option<&History>) -> Option<Deed> {
    let decoded = Decoded::admitted(&part.change).ok()?;
    let is_first = decoded.deps.is_empty();
    let before = history.filter(|_| !is_first);
    let said = said(part, decoded, act, before)?;
    Some(match is_first {
        true => Deed::Create {
            kind: said.after.kind.clone(),
            external_id: said.after.external_id.clone(),
            edits: said.edits,
        },
        false => Deed::Change {
            record: part.record,
            edits: said.edits,
        },
    })
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
    let (hash, order) = (decoded.hash, names(&decoded));
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

/// The names that a change gives to the rows and members it makes, in the order it makes them.
pub fn names(change: &Decoded) -> Vec<String> {
    let named = change
        .ops
        .iter()
        .filter_map(|op| match (&op.at, &op.action) {
            (At::Key(key), Action::MakeMap | Action::Put(_)) => Some(key),
            (At::Key(_) | At::Head | At::Element(_), _) => None,
        });
    let of_one = named.filter(|key| key.matches('/').count() == 1);
    of_one.cloned().collect()
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
    use crate::ids::StationId;
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
        let deed_of = |change: &[u8], history| deed(&part(change), act, history);
        let Some(Deed::Create {
            edits, external_id, ..
        }) = deed_of(&first, None)
        else {
            panic!("no record is made");
        };
        assert_eq!((edits, external_id), (made, Some("case-1".into())));

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
        let again = deed_of(&second, Some(&history));
        let edits = changed;
        assert_eq!(again, Some(Deed::Change { record, edits }));
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
