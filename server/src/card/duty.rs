//! Is somebody on duty today? What the card promises, the calendar, and what the station's own
//! records of the day say, each with its source.

use jiff::civil::Date;
use sync_core::catalogue::{Holidays, day_of};
use sync_core::ids::{PersonId, RecordId, StationId};
use sync_core::record::change::Scalar;
use sync_core::record::state;
use sync_core::record::view::View;

use super::content::Content;
use super::hours::{self, Next, Span};
use crate::admission::history;
use crate::db::Tx;
use crate::error::Result;
use crate::{args, sql};

/// The kinds that say when somebody came and went, with the fields that do.
const SESSIONS: [(&str, &str, &str); 2] = [
    ("service_session", "in_at", "out_at"),
    ("duty_day", "arrived_at", "left_at"),
];
/// Records of one day and kind that are read: a station has some ten officers.
const MOST: i64 = 40;
const MINUTE: i64 = 60_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Today {
    pub day: Date,
    /// Minutes after midnight.
    pub minute: u16,
    pub holiday: bool,
    /// What the card promises for today.
    pub spans: Vec<Span>,
    pub next: Option<Next>,
    pub presence: Presence,
}

/// What the records of the day say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Unknown,
    Here(Session),
    Left(Session),
}

/// Somebody came, and perhaps went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub came: i64,
    pub went: Option<i64>,
    /// When the server last heard of it.
    pub heard: i64,
    /// It is the officer on the card.
    pub is_officer: bool,
}

/// The one answer that a reader is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The duty log says that somebody is there.
    Here(Session),
    /// It says that they went, in hours that the card promises.
    Away(Session),
    /// The card promises it, and no record of today has come yet.
    Promised(Span),
    Later(Span),
    Over,
    NotToday,
}

impl Today {
    pub fn answer(&self) -> Answer {
        let now = self.spans.iter().find(|span| span.holds(self.minute));
        let later = self.spans.iter().find(|span| span.from > self.minute);
        match (self.presence, now, later) {
            (Presence::Here(session), _, _) => Answer::Here(session),
            (Presence::Left(session), Some(_), _) => Answer::Away(session),
            (Presence::Unknown, Some(span), _) => Answer::Promised(*span),
            (Presence::Unknown | Presence::Left(_), None, Some(span)) => Answer::Later(*span),
            (Presence::Unknown | Presence::Left(_), None, None) => match self.spans.is_empty() {
                true => Answer::NotToday,
                false => Answer::Over,
            },
        }
    }
}

/// Reads the day of a moment. None where the moment is in no calendar.
pub async fn today(
    tx: &mut Tx,
    station: &StationId,
    content: &Content,
    holidays: &Holidays,
    offset: i32,
    now: i64,
) -> Result<Option<Today>> {
    let Some(day) = day_of(now, offset) else {
        return Ok(None);
    };
    let local = now.saturating_add(i64::from(offset) * MINUTE);
    let minute = u16::try_from(local.div_euclid(MINUTE).rem_euclid(24 * 60)).unwrap_or(0);
    let sessions = sessions(tx, station, day, content.officer.as_ref(), now).await?;
    Ok(Some(Today {
        day,
        minute,
        holiday: holidays.is_holiday(day),
        spans: hours::on(&content.hours, day, holidays),
        next: hours::next(&content.hours, day, minute, holidays),
        presence: presence(&sessions, now),
    }))
}

async fn sessions(
    tx: &mut Tx,
    station: &StationId,
    day: Date,
    officer: Option<&PersonId>,
    now: i64,
) -> Result<Vec<Session>> {
    let mut sessions = Vec::new();
    let day = day.to_string();
    for (kind, came, went) in SESSIONS {
        let of_day = args![station, kind, &day, MOST];
        for row in tx.fetch_all(sql!("record_of_day"), of_day).await? {
            let record = RecordId(row.bytes("record")?);
            let rows = tx
                .fetch_all(sql!("change_of_record"), args![station, &record])
                .await?;
            let view = View::of(&history(record, &rows)?);
            sessions.extend(session(&view, came, went, officer).filter(|s| s.came <= now));
        }
    }
    Ok(sessions)
}

fn session(view: &View, came: &str, went: &str, officer: Option<&PersonId>) -> Option<Session> {
    let moment = |field: &str| state::value(view, field).and_then(Scalar::as_int);
    if state::removal(view).is_some() {
        return None;
    }
    let heard = view.changes.iter().map(|made| made.origin.received_at);
    Some(Session {
        came: moment(came)?,
        went: moment(went),
        heard: heard.flatten().max().unwrap_or_default(),
        is_officer: officer.is_some() && view.author() == officer,
    })
}

/// The officer of the card before others, who is there before who has left.
fn presence(sessions: &[Session], now: i64) -> Presence {
    let is_here = |session: &&Session| session.went.is_none_or(|went| went > now);
    let here = sessions.iter().filter(is_here);
    if let Some(session) = here.max_by_key(|session| (session.is_officer, session.heard)) {
        return Presence::Here(*session);
    }
    let left = sessions.iter().max_by_key(|session| session.went);
    left.map_or(Presence::Unknown, |session| Presence::Left(*session))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * MINUTE;

    fn session(came: i64, went: Option<i64>, is_officer: bool) -> Session {
        Session {
            came: came * HOUR,
            went: went.map(|went| went * HOUR),
            heard: came * HOUR,
            is_officer,
        }
    }

    fn today(minute: u16, spans: &[(u16, u16)], sessions: &[Session]) -> Answer {
        let span = |(from, until): &(u16, u16)| Span {
            from: from * 60,
            until: until * 60,
        };
        Today {
            day: Date::constant(2026, 5, 11),
            minute,
            holiday: false,
            spans: spans.iter().map(span).collect(),
            next: None,
            presence: presence(sessions, i64::from(minute) * MINUTE),
        }
        .answer()
    }

    #[test]
    fn a_record_weighs_more_than_a_promise_and_a_promise_more_than_nothing() {
        let hours = [(9, 11), (14, 16)];
        let here = session(9, None, false);
        assert_eq!(today(600, &hours, &[here]), Answer::Here(here));
        assert_eq!(today(800, &[], &[here]), Answer::Here(here));
        let left = session(9, Some(10), true);
        assert_eq!(today(630, &hours, &[left]), Answer::Away(left));
        assert_eq!(today(630, &hours, &[left, here]), Answer::Here(here));
        let nine = Span {
            from: 540,
            until: 660,
        };
        assert_eq!(today(540, &hours, &[]), Answer::Promised(nine));
        let two = Span {
            from: 840,
            until: 960,
        };
        assert_eq!(today(700, &hours, &[left]), Answer::Later(two));
        assert_eq!(today(960, &hours, &[left]), Answer::Over);
        assert_eq!(today(960, &[], &[]), Answer::NotToday);
    }

    #[test]
    fn the_officer_of_the_card_is_named_before_a_colleague() {
        let (own, other) = (session(8, None, true), session(9, None, false));
        assert_eq!(today(600, &[], &[own, other]), Answer::Here(own));
    }
}
