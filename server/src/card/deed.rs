//! What an operator does to a card, and which edits of its record that is. A deed that does not
//! fit the card as it stands is refused with what to do instead.

use sync_core::ids::{Hash, PersonId, RecordId};
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};

use super::content::{Check, Content};
use super::photo::Photo;
use super::standing::{Current, Reason, Standing, Step};
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

/// What shall stand on the card; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub phone: Option<String>,
    pub squad: Option<String>,
    pub badge_no: Option<String>,
    pub station_place: Option<String>,
    pub duty_scope: Option<String>,
    pub supervision_channel: Option<String>,
    pub commitments: Option<String>,
    pub fallback_phone: Option<String>,
    /// Day, from, until.
    pub hours: Option<Vec<(String, String, String)>>,
    pub photo: Option<Photo>,
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

type Edits = Result<Vec<Edit>, String>;

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

fn text(field: &str, now: &str, wanted: Option<&str>) -> Option<Edit> {
    let wanted = wanted?.trim();
    let value = match wanted.is_empty() {
        true => Scalar::Null,
        false => Scalar::Str(wanted.to_owned()),
    };
    (wanted != now).then(|| set(field, value))
}

fn set(field: &str, value: Scalar) -> Edit {
    let spot = Spot::Field(field.to_owned());
    Edit::Set { spot, value }
}

fn step(to: &str, note: Option<&str>) -> Edit {
    Edit::Step {
        to: to.to_owned(),
        note: note.map(str::to_owned),
    }
}

fn cell(name: &str, text: &str) -> (String, Scalar) {
    (name.to_owned(), Scalar::Str(text.to_owned()))
}

/// What the officer's row says, and the card's own words.
fn written(wanted: &Wanted, ground: &Ground<'_>) -> Edits {
    let content = ground.content;
    let officer = ground
        .officer
        .filter(|officer| officer.removed_at.is_none())
        .ok_or("its officer is not a member any more; draft a card for another officer and replace this one with it")?;
    if wanted.badge_no.is_some() && !officer.certificate.is_empty() {
        return Err(format!(
            "the directory names the certificate of {}; change it there (wardbook officer change --certificate)",
            officer.person
        ));
    }
    let of = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let current = Current {
        name: officer.name.clone(),
        post: of(&officer.post).unwrap_or_else(|| content.post.clone()),
        badge_no: of(&officer.certificate)
            .or_else(|| wanted.badge_no.clone())
            .unwrap_or_else(|| content.badge_no.clone()),
        phone: phone(wanted, officer, content),
    };
    let pairs = [
        ("name", &content.name, Some(current.name.as_str())),
        ("post", &content.post, Some(&current.post)),
        ("badge_no", &content.badge_no, Some(&current.badge_no)),
        ("phone", &content.phone, Some(&current.phone)),
        ("squad", &content.squad, wanted.squad.as_deref()),
        (
            "station_place",
            &content.station_place,
            wanted.station_place.as_deref(),
        ),
        (
            "duty_scope",
            &content.duty_scope,
            wanted.duty_scope.as_deref(),
        ),
        (
            "supervision_channel",
            &content.supervision_channel,
            wanted.supervision_channel.as_deref(),
        ),
        (
            "commitments",
            &content.commitments,
            wanted.commitments.as_deref(),
        ),
        (
            "fallback_phone",
            &content.fallback_phone,
            wanted.fallback_phone.as_deref(),
        ),
    ];
    let mut edits: Vec<Edit> = pairs
        .into_iter()
        .filter_map(|(field, now, wanted)| text(field, now, wanted))
        .collect();
    edits.extend(hours(wanted, content));
    edits.extend(photo(wanted, content));
    Ok(edits)
}

/// What is asked for, else what was said last: on the card or in the directory.
fn phone(wanted: &Wanted, officer: &Officer, content: &Content) -> String {
    let newer = officer.changed.phone > content.phone_at || content.phone.is_empty();
    match &wanted.phone {
        Some(phone) => phone.clone(),
        None if newer && !officer.phone.is_empty() => officer.phone.clone(),
        None => content.phone.clone(),
    }
}

fn hours(wanted: &Wanted, content: &Content) -> Vec<Edit> {
    let Some(hours) = &wanted.hours else {
        return Vec::new();
    };
    let same = hours.len() == content.hours.len()
        && hours.iter().zip(&content.hours).all(|(hours, window)| {
            let (from, until) = window.span.times();
            *hours == (window.code.clone(), from, until)
        });
    if same {
        return Vec::new();
    }
    let old = content.rows.hours.iter();
    let mut edits: Vec<Edit> = old.map(|row| remove(row, NEW_HOURS)).collect();
    edits.extend(hours.iter().map(|(day, from, until)| Edit::AddRow {
        field: "service_hours".to_owned(),
        cells: vec![cell("day", day), cell("from", from), cell("until", until)],
    }));
    edits
}

/// Why a row goes that a new one takes the place of, as the record keeps it.
const NEW_HOURS: &str = "service_hours";
const NEW_PHOTO: &str = "photo";

fn photo(wanted: &Wanted, content: &Content) -> Vec<Edit> {
    let Some(photo) = &wanted.photo else {
        return Vec::new();
    };
    let hash = Hash::of(&photo.bytes);
    if content.photo == Some(hash) {
        return Vec::new();
    }
    let old = content.rows.photos.iter();
    let mut edits: Vec<Edit> = old.map(|row| remove(row, NEW_PHOTO)).collect();
    let size = i64::try_from(photo.bytes.len()).unwrap_or(i64::MAX);
    edits.push(Edit::AddRow {
        field: "photo".to_owned(),
        cells: vec![
            cell("sha256", &hash.to_string()),
            cell("mime", photo.mime),
            ("size".to_owned(), Scalar::Int(size)),
        ],
    });
    edits
}

fn remove(row: &str, reason: &str) -> Edit {
    Edit::Remove {
        target: Some(row.to_owned()),
        reason: reason.to_owned(),
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
