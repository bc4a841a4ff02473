//! What a card counts as today: as its steps say, and out of date by itself once what it prints
//! has changed since it was posted, or nobody has checked it for too long.
//!
//! The officer directory is asked too. What it names as name, post and certificate holds; of the
//! phone, what was said last holds, on the card or in the directory.

use jiff::civil::Date;
use sync_core::catalogue::{Holidays, Kind, day_of, due};
use sync_core::record::state::{self, Progress};
use sync_core::record::view::View;

use super::content::{Check, Content, Posting};
use crate::officer::Officer;

const DAY: i64 = 24 * 3_600_000;
const MINUTE: i64 = 60_000;

/// The step that holds. Where people took several without knowing of each other, it is the one
/// that promises least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Draft,
    Approved,
    Posted,
    Stale,
    Withdrawn,
    Replaced,
}

impl Step {
    pub fn of(view: &View) -> Step {
        if state::removal(view).is_some() {
            return Step::Withdrawn;
        }
        let step = |entry: &sync_core::record::view::Entry| Step::named(entry.text("to"));
        match Progress::of(view) {
            Progress::Nothing => Step::Draft,
            Progress::At(entry) => step(entry),
            Progress::Contested(entries) => {
                let steps = entries.into_iter().map(step);
                steps.max().unwrap_or(Step::Draft)
            }
        }
    }

    /// A step of a catalogue's own is none that a resident is shown anything by.
    fn named(step: Option<&str>) -> Step {
        match step {
            Some("approved") => Step::Approved,
            Some("posted") => Step::Posted,
            Some("stale") => Step::Stale,
            Some("withdrawn") => Step::Withdrawn,
            Some("replaced") => Step::Replaced,
            Some(_) | None => Step::Draft,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Draft,
    Approved,
    Posted,
    Stale,
    Replaced,
    Withdrawn,
}

impl State {
    /// The step in the catalogue that has its label.
    pub fn word(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Approved => "approved",
            State::Posted => "posted",
            State::Stale => "stale",
            State::Replaced => "replaced",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// Why a posted card is out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The directory has another name, post, certificate or phone than the card.
    NameChanged,
    PostChanged,
    CertificateChanged,
    PhoneChanged,
    OfficerLeft,
    /// The card itself was changed since it was posted.
    Edited,
    CheckFailed,
    CheckOverdue,
    /// Somebody said so.
    Marked,
}

impl Reason {
    pub fn word(self) -> &'static str {
        match self {
            Reason::NameChanged => "name_changed",
            Reason::PostChanged => "post_changed",
            Reason::CertificateChanged => "certificate_changed",
            Reason::PhoneChanged => "phone_changed",
            Reason::OfficerLeft => "officer_left",
            Reason::Edited => "edited",
            Reason::CheckFailed => "check_failed",
            Reason::CheckOverdue => "check_overdue",
            Reason::Marked => "marked",
        }
    }
}

/// What holds of the officer now, wherever it was said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    pub name: String,
    pub post: String,
    pub badge_no: String,
    pub phone: String,
}

/// A place where the card hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub place: String,
    pub posted_at: i64,
    pub by: String,
    pub checked: Option<Check>,
    /// What hangs there says something old, since then: a new card is due.
    pub outdated_since: Option<i64>,
    /// The first moment that is too late for it.
    pub reissue_due: Option<i64>,
    /// One of the four points of the newest check of this posting failed.
    pub check_failed: bool,
}

impl Point {
    pub fn is_open(&self) -> bool {
        self.outdated_since.is_some() || self.check_failed
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub reasons: Vec<Reason>,
    pub current: Current,
    pub officer_left: bool,
    pub points: Vec<Point>,
    /// When what the card says was last compared with what is so.
    pub verified: Option<Date>,
    /// The first moment at which that is too long ago.
    pub check_due: Option<i64>,
}

/// What the standing is computed with.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The officer's row in the directory.
    pub officer: Option<&'a Officer>,
    /// The kind, with the limits that hold in the station.
    pub kind: Option<&'a Kind>,
    pub holidays: &'a Holidays,
    /// Minutes east of UTC.
    pub offset: i32,
    pub now: i64,
}

impl Standing {
    pub fn of(content: &Content, ground: &Ground<'_>) -> Standing {
        let directory = Directory::compare(content, ground.officer);
        let hangs = matches!(content.step, Step::Posted | Step::Stale);
        let points: Vec<Point> = match hangs {
            true => content
                .places()
                .into_iter()
                .map(|posting| point(content, posting, &directory, ground))
                .collect(),
            false => Vec::new(),
        };
        let verified = verified(content, ground);
        let check_due = hangs
            .then(|| check_due(content, verified, ground))
            .flatten();
        let mut reasons = Vec::new();
        if hangs {
            reasons.extend(&directory.differs);
            reasons.extend(edited(content, &points).filter(|_| directory.differs.is_empty()));
            if points.iter().any(|point| point.check_failed) {
                reasons.push(Reason::CheckFailed);
            }
            if check_due.is_some_and(|due| due <= ground.now) {
                reasons.push(Reason::CheckOverdue);
            }
            if content.step == Step::Stale {
                reasons.push(Reason::Marked);
            }
        }
        let state = match content.step {
            Step::Draft => State::Draft,
            Step::Approved => State::Approved,
            Step::Posted | Step::Stale if reasons.is_empty() => State::Posted,
            Step::Posted | Step::Stale => State::Stale,
            Step::Replaced => State::Replaced,
            Step::Withdrawn => State::Withdrawn,
        };
        Standing {
            state,
            reasons,
            officer_left: directory.differs.contains(&Reason::OfficerLeft),
            current: directory.current,
            points,
            verified,
            check_due,
        }
    }

    /// What the directory says otherwise: the card's text must be mended before it is posted.
    pub fn differs_from_directory(content: &Content, officer: Option<&Officer>) -> Vec<Reason> {
        Directory::compare(content, officer).differs
    }
}

/// The card beside the officer directory.
struct Directory {
    differs: Vec<Reason>,
    current: Current,
    /// When the directory changed what the card prints, of what it prints at all.
    changes: Vec<i64>,
}

impl Directory {
    fn compare(content: &Content, officer: Option<&Officer>) -> Directory {
        let mut current = Current {
            name: content.name.clone(),
            post: content.post.clone(),
            badge_no: content.badge_no.clone(),
            phone: content.phone.clone(),
        };
        let present = officer.filter(|officer| officer.removed_at.is_none());
        let Some(officer) = present else {
            let left = officer.and_then(|officer| officer.removed_at);
            return Directory {
                differs: vec![Reason::OfficerLeft],
                current,
                changes: left.into_iter().collect(),
            };
        };
        let mut differs = Vec::new();
        let mut facts = |said: &str, printed: &mut String, reason| {
            if !said.is_empty() && said != printed {
                said.clone_into(printed);
                differs.push(reason);
            }
        };
        facts(&officer.name, &mut current.name, Reason::NameChanged);
        facts(&officer.post, &mut current.post, Reason::PostChanged);
        facts(
            &officer.certificate,
            &mut current.badge_no,
            Reason::CertificateChanged,
        );
        if officer.changed.phone > content.phone_at {
            facts(&officer.phone, &mut current.phone, Reason::PhoneChanged);
        }
        let mut changes = vec![officer.changed.facts];
        if officer.phone == current.phone {
            changes.push(officer.changed.phone);
        }
        Directory {
            differs,
            current,
            changes,
        }
    }
}

/// The card says what the directory says, and something that hangs does not say it yet.
fn edited(content: &Content, points: &[Point]) -> Option<Reason> {
    let mut outdated = points.iter().filter(|point| point.outdated_since.is_some());
    let first = outdated.next()?;
    let hung = outdated.fold(first.posted_at, |at, point| at.min(point.posted_at));
    Some(match content.phone_at > hung {
        true => Reason::PhoneChanged,
        false => Reason::Edited,
    })
}

fn point(
    content: &Content,
    posting: &Posting,
    directory: &Directory,
    ground: &Ground<'_>,
) -> Point {
    let changes = content.printed.iter().chain(&directory.changes);
    let first = changes.copied().filter(|at| *at > posting.at).min();
    // What differs from the directory is old however long ago the directory changed.
    let outdated_since = match directory.differs.is_empty() {
        true => first,
        false => Some(first.unwrap_or(posting.at)),
    };
    let checked = content.check_of(&posting.place);
    let of_this = checked.filter(|check| check.at >= posting.at);
    Point {
        place: posting.place.clone(),
        posted_at: posting.at,
        by: posting.by.clone(),
        checked: checked.cloned(),
        reissue_due: outdated_since.and_then(|since| limit("reissue", since, ground)),
        outdated_since,
        check_failed: of_this.is_some_and(Check::failed),
    }
}

fn limit(name: &str, from: i64, ground: &Ground<'_>) -> Option<i64> {
    let count = ground.kind?.limits_of(name).next()?.count?;
    let end = due(
        from,
        count.value,
        count.unit,
        ground.holidays,
        ground.offset,
    );
    (end < i64::MAX).then_some(end)
}

/// The day of the last comparison; a phone whose clock runs ahead does not check in advance.
fn verified(content: &Content, ground: &Ground<'_>) -> Option<Date> {
    let today = day_of(ground.now, ground.offset)?;
    let said = content.last_verified.as_deref();
    let said = said.and_then(|day| day.parse::<Date>().ok());
    let whole = |check: &&Check| check.accuracy == Some(true) && check.currency == Some(true);
    let checked = content.checks.iter().filter(whole);
    let checked = checked.filter_map(|check| day_of(check.at, ground.offset));
    said.into_iter()
        .chain(checked)
        .max()
        .map(|day| day.min(today))
}

/// Counted from the last check; before the first one, from the first posting.
fn check_due(content: &Content, verified: Option<Date>, ground: &Ground<'_>) -> Option<i64> {
    let checked = verified.and_then(|day| {
        let days = day.since(Date::constant(1970, 1, 1)).ok()?.get_days();
        Some(i64::from(days) * DAY - i64::from(ground.offset) * MINUTE)
    });
    let posted = || content.posted.iter().map(|posting| posting.at).min();
    limit("recheck", checked.or_else(posted)?, ground)
}
