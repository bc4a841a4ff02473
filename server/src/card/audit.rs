//! What is open of a station's cards: who has to go where, until when.

use super::{Card, Code, State};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub code: Code,
    pub task: Task,
    /// Empty: of the card itself.
    pub place: String,
    /// The first moment that is too late.
    pub due: Option<i64>,
    pub overdue: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// What hangs there is old: hang the new card.
    Repost,
    /// A check found something there.
    Mend,
    /// The card must say what the directory says, and nothing hangs of it yet.
    Update,
    /// Nobody has compared what it says for too long.
    Recheck,
    /// People wrote different things without knowing of each other.
    Settle,
}

impl Task {
    pub fn word(self) -> &'static str {
        match self {
            Task::Repost => "repost",
            Task::Mend => "mend",
            Task::Update => "update",
            Task::Recheck => "recheck",
            Task::Settle => "settle",
        }
    }
}

/// The audit, with the two measures of it: cards checked in time of those posted, and points
/// passed of those looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    pub open: Vec<Open>,
    pub posted: usize,
    pub checked_in_time: usize,
    pub points: usize,
    pub points_passed: usize,
}

impl Audit {
    pub fn of(cards: &[Card], now: i64) -> Audit {
        let mut audit = Audit::default();
        for card in cards {
            audit.card(card, now);
        }
        audit
    }

    fn card(&mut self, card: &Card, now: i64) {
        let standing = &card.standing;
        if card.content.conflicted {
            self.add(card, Task::Settle, "", None, now);
        }
        if !matches!(standing.state, State::Posted | State::Stale) {
            return;
        }
        self.posted += 1;
        let overdue = standing.check_due.is_some_and(|due| due <= now);
        self.checked_in_time += usize::from(standing.verified.is_some() && !overdue);
        for point in &standing.points {
            if point.outdated_since.is_some() {
                self.add(card, Task::Repost, &point.place, point.reissue_due, now);
            } else if point.check_failed {
                self.add(card, Task::Mend, &point.place, None, now);
            }
            let looked = point.checked.iter().flat_map(|check| check.points());
            for passed in looked.flatten() {
                self.points += 1;
                self.points_passed += usize::from(passed);
            }
        }
        let differs =
            !super::Standing::differs_from_directory(&card.content, card.officer.as_ref())
                .is_empty();
        if differs && standing.points.is_empty() {
            self.add(card, Task::Update, "", None, now);
        }
        if overdue {
            self.add(card, Task::Recheck, "", standing.check_due, now);
        }
    }

    fn add(&mut self, card: &Card, task: Task, place: &str, due: Option<i64>, now: i64) {
        self.open.push(Open {
            code: card.code.clone(),
            task,
            place: place.to_owned(),
            due,
            overdue: due.is_some_and(|due| due <= now),
        });
    }
}
