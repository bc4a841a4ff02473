//! What shall stand on a card, beside what stands there: only what differs is written.

use sync_core::ids::Hash;
use sync_core::record::change::Scalar;
use sync_core::record::write::{Edit, Spot};

use super::content::Content;
use super::deed::{Edits, Ground};
use super::photo::Photo;
use super::standing::Current;
use crate::officer::Officer;

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

/// What the officer's row says, and the card's own words.
pub(super) fn written(wanted: &Wanted, ground: &Ground<'_>) -> Edits {
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

pub(super) fn remove(row: &str, reason: &str) -> Edit {
    Edit::Remove {
        target: Some(row.to_owned()),
        reason: reason.to_owned(),
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

pub(super) fn set(field: &str, value: Scalar) -> Edit {
    let spot = Spot::Field(field.to_owned());
    Edit::Set { spot, value }
}

pub(super) fn cell(name: &str, text: &str) -> (String, Scalar) {
    (name.to_owned(), Scalar::Str(text.to_owned()))
}
