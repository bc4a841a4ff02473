//! What an operator does to a card, and which edits of its record that is. A deed that does not
//! fit the card as it stands is refused with what to do instead.

use sync_core::ids::{PersonId, RecordId};
use sync_core::record::change::Scalar;
use sync_core::record::write::Edit;

use super::content::{Check, Content};
use super::standing::{Reason, Standing, Step};
use super::wanted::{Wanted, cell, remove, set, written};
use crate::officer::Officer;

#[derive(Debug, Clone)]
pub enum Deed {
    Draft {
        wanted: Wanted,
        /// The card whose squad, place, duties, hours and channels are taken over.
        like: Option<Box<Content>>,
    },
    Edit {
        wanted: Wanted,
        reason: Option<String>,
    },
    Approve,
    Post {
        place: String,
    },
    TakeDown {
        place: String,
        reason: String,
    },
    Verify {
        check: Option<Check>,
    },
    Replace {
        with: RecordId,
    },
    Withdraw {
        reason: String,
    },
}

/// Who does it, when, and to what.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The card as it stands; an empty one before it is drafted.
    pub content: &'a Content,
    pub officer: Option<&'a Officer>,
    pub by: &'a PersonId,
    pub now: i64,
    /// `2026-05-11`.
    pub today: &'a str,
}

pub(super) type Edits = Result<Vec<Edit>, String>;

impl Deed {
    pub fn edits(&self, ground: &Ground<'_>) -> Edits {
        let content = ground.content;
        match self {
            Deed::Draft { wanted, like } => draft(wanted, like.as_deref(), ground),
            Deed::Edit { wanted, reason } => edit(wanted, reason.as_deref(), ground),
            Deed::Approve => approve(content),
            Deed::Post { place } => post(place, ground),
            Deed::TakeDown { place, reason } => take_down(place, reason, content),
            Deed::Verify { check } => verify(check.as_ref(), ground),
            Deed::Replace { with } => replace(*with, content),
            Deed::Withdraw { reason } => withdraw(reason, content),
        }
    }
}

fn step(to: &str, note: Option<&str>) -> Edit {
    Edit::Step {
        to: to.to_owned(),
        note: note.map(str::to_owned),
    }
}

fn draft(wanted: &Wanted, like: Option<&Content>, ground: &Ground<'_>) -> Edits {
    let mut wanted = wanted.clone();
    if let Some(like) = like {
        let take = |wanted: &mut Option<String>, text: &str| {
            wanted.get_or_insert_with(|| text.to_owned());
        };
        take(&mut wanted.squad, &like.squad);
        take(&mut wanted.station_place, &like.station_place);
        take(&mut wanted.duty_scope, &like.duty_scope);
        take(&mut wanted.supervision_channel, &like.supervision_channel);
        take(&mut wanted.commitments, &like.commitments);
        take(&mut wanted.fallback_phone, &like.fallback_phone);
        wanted.hours.get_or_insert_with(|| {
            let row = |window: &super::hours::Window| {
                let (from, until) = window.span.times();
                (window.code.clone(), from, until)
            };
            like.hours.iter().map(row).collect()
        });
    }
    let mut edits = written(&wanted, ground)?;
    if let Some(officer) = ground.officer {
        let person = Scalar::Str(officer.person.to_string());
        edits.insert(0, set("officer", person));
    }
    edits.push(step("draft", None));
    Ok(edits)
}

fn edit(wanted: &Wanted, reason: Option<&str>, ground: &Ground<'_>) -> Edits {
    over(ground.content)?;
    let mut edits = written(wanted, ground)?;
    if edits.is_empty() {
        return Err("that is what the card says already; nothing changes".to_owned());
    }
    match (ground.content.step, reason) {
        (Step::Draft, None) => {}
        (_, Some(reason)) => edits.push(Edit::Amend {
            reason: reason.to_owned(),
        }),
        (Step::Approved | Step::Posted | Step::Stale | Step::Withdrawn | Step::Replaced, None) => {
            return Err("it is approved, so say why it changes: --reason".to_owned());
        }
    }
    Ok(edits)
}

fn approve(content: &Content) -> Edits {
    match content.step {
        Step::Draft if content.phone.is_empty() => {
            Err("it has no phone yet: wardbook card edit --phone, or wardbook officer change --phone and wardbook card edit".to_owned())
        }
        Step::Draft => Ok(vec![step("approved", None)]),
        Step::Approved | Step::Posted | Step::Stale => Err("it is approved already".to_owned()),
        Step::Withdrawn | Step::Replaced => over(content).map(|()| Vec::new()),
    }
}

fn post(place: &str, ground: &Ground<'_>) -> Edits {
    let content = ground.content;
    over(content)?;
    if content.step == Step::Draft {
        return Err("it is not approved yet: wardbook card approve".to_owned());
    }
    as_in_directory(content, ground.officer)?;
    let mut cells = vec![
        cell("place", place),
        ("at".to_owned(), Scalar::Int(ground.now)),
    ];
    cells.extend(by(ground));
    let row = Edit::AddRow {
        field: "posted".to_owned(),
        cells,
    };
    Ok(match content.step {
        Step::Posted => vec![row],
        Step::Draft | Step::Approved | Step::Stale | Step::Withdrawn | Step::Replaced => {
            vec![row, step("posted", None)]
        }
    })
}

fn by(ground: &Ground<'_>) -> Option<(String, Scalar)> {
    let is_member = *ground.by != PersonId::server();
    is_member.then(|| cell("by", ground.by.as_str()))
}

fn as_in_directory(content: &Content, officer: Option<&Officer>) -> Result<(), String> {
    let differs = Standing::differs_from_directory(content, officer);
    match differs.as_slice() {
        [] => Ok(()),
        [Reason::OfficerLeft] => Err("its officer is not a member any more; draft a card for another officer and replace this one with it".to_owned()),
        differs => {
            let words: Vec<&str> = differs.iter().map(|reason| reason.word()).collect();
            Err(format!(
                "the officer directory says otherwise ({}); take that over first: wardbook card edit --reason, then print it anew",
                words.join(", ")
            ))
        }
    }
}

fn take_down(place: &str, reason: &str, content: &Content) -> Edits {
    let rows = content.posted.iter().filter(|at| at.place == place);
    let edits: Vec<Edit> = rows.map(|at| remove(&at.row, reason)).collect();
    match edits.is_empty() {
        true => {
            let places: Vec<&str> = content
                .places()
                .iter()
                .map(|at| at.place.as_str())
                .collect();
            Err(format!(
                "it does not hang at that place; it hangs at: {}",
                places.join(", ")
            ))
        }
        false => Ok(edits),
    }
}

fn verify(check: Option<&Check>, ground: &Ground<'_>) -> Edits {
    let content = ground.content;
    over(content)?;
    let mut edits = Vec::new();
    if let Some(check) = check {
        if !content.posted.iter().any(|at| at.place == check.place) {
            return take_down(&check.place, "", content);
        }
        edits.push(check_row(check, ground));
    }
    let points = check.map(|check| [check.accuracy, check.currency]);
    if points.is_none_or(|points| points == [Some(true); 2]) {
        as_in_directory(content, ground.officer)?;
        edits.push(set("last_verified", Scalar::Str(ground.today.to_owned())));
    }
    Ok(edits)
}

fn check_row(check: &Check, ground: &Ground<'_>) -> Edit {
    let points = [
        ("placement", check.placement),
        ("accuracy", check.accuracy),
        ("currency", check.currency),
        ("in_use", check.in_use),
    ];
    let mut cells = vec![
        cell("place", &check.place),
        ("at".to_owned(), Scalar::Int(ground.now)),
    ];
    cells.extend(by(ground));
    let said = points
        .iter()
        .filter_map(|(name, point)| Some((name, (*point)?)));
    cells.extend(said.map(|(name, point)| ((*name).to_owned(), Scalar::Bool(point))));
    if !check.note.is_empty() {
        cells.push(cell("note", &check.note));
    }
    Edit::AddRow {
        field: "checks".to_owned(),
        cells,
    }
}

fn replace(with: RecordId, content: &Content) -> Edits {
    over(content)?;
    if content.step == Step::Draft {
        return Err("it was never approved, so nothing hangs of it; withdraw it".to_owned());
    }
    let link = set("replaced_by", Scalar::Str(with.to_string()));
    Ok(vec![link, step("replaced", None)])
}

fn withdraw(reason: &str, content: &Content) -> Edits {
    over(content)?;
    Ok(vec![step("withdrawn", Some(reason))])
}

/// A card that was taken back stays so.
fn over(content: &Content) -> Result<(), String> {
    match content.step {
        Step::Withdrawn => Err("it was withdrawn; draft a new one".to_owned()),
        Step::Replaced => Err("another card has taken its place; change that one".to_owned()),
        Step::Draft | Step::Approved | Step::Posted | Step::Stale => Ok(()),
    }
}
