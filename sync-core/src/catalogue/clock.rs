//! Where do the time limits of a record stand?
//!
//! A limit begins with a step (or at a moment that a field names), stands still in the states that
//! stop it, grows by extensions that were taken in time, and is done with another step.

use serde::{Deserialize, Serialize};

use super::expr::ExprContext;
use super::kind::{Count, Extension, Kind, Limit};
use super::limits::{day_of, due_after};
use super::{Datum, Holidays};

/// The state of a time limit, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub limit: String,
    pub from: i64,
    /// The first moment after the limit. While the clock stands still: what it would be if time
    /// ran on from when it stopped.
    pub due: i64,
    /// When what had to be done was done.
    pub done: Option<i64>,
    /// Since when the clock stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<i64>,
    /// How often it was extended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extended: u32,
    /// It ends at a moment of the day, not with a day.
    #[serde(default, skip_serializing_if = "is_false")]
    pub to_the_minute: bool,
    /// Where it was passed: an appeal was approved, so it leaves the assessment.
    #[serde(default, skip_serializing_if = "is_false")]
    pub excused: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Due {
    /// Whether the limit was passed, as things stand at a moment.
    pub fn is_over(&self, at: i64) -> bool {
        self.judged(at) >= self.due
    }

    /// By how many days it was passed, the day after the last one counting as the first; none
    /// while it is not.
    pub fn days_over(&self, at: i64, offset: i32) -> Option<i64> {
        let last = self.last_day(offset)?;
        let now = day_of(self.judged(at), offset)?;
        let days = i64::from(now.since(last).ok()?.get_days());
        self.is_over(at).then_some(days)
    }

    /// How many days are left, none of them today; none once it is passed or done.
    pub fn days_left(&self, at: i64, offset: i32) -> Option<i64> {
        let open = self.done.is_none() && !self.is_over(at);
        let last = self.last_day(offset).filter(|_| open)?;
        let now = day_of(self.judged(at), offset)?;
        Some(i64::from(last.since(now).ok()?.get_days()))
    }

    /// The last day on which it can still be kept.
    pub fn last_day(&self, offset: i32) -> Option<jiff::civil::Date> {
        day_of(self.due.saturating_sub(1), offset)
    }

    fn judged(&self, at: i64) -> i64 {
        self.done.or(self.stopped).unwrap_or(at)
    }
}

/// One step of a record, in the shared order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken<'r> {
    pub to: &'r str,
    pub at: i64,
}

/// The limits of a record that have begun, one of each name: the first whose condition holds.
pub fn dues(kind: &Kind, steps: &[Taken<'_>], ctx: &ExprContext, holidays: &Holidays) -> Vec<Due> {
    let mut dues: Vec<Due> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for limit in &kind.limits {
        let holds = limit
            .when
            .as_ref()
            .is_none_or(|when| when.truth(ctx).unwrap_or(false));
        if told.contains(&limit.name.as_str()) || !holds {
            continue;
        }
        told.push(&limit.name);
        let run = Run {
            limit,
            ctx,
            holidays,
        };
        dues.extend(run.due(steps));
    }
    dues
}

/// A record that stood still more often is not one of this world; what is beyond counts as time.
const MOST_STOPS: usize = 100;

struct Run<'a> {
    limit: &'a Limit,
    ctx: &'a ExprContext,
    holidays: &'a Holidays,
}

impl Run<'_> {
    /// The newest run: a record that is opened again begins anew.
    fn due(&self, steps: &[Taken<'_>]) -> Option<Due> {
        let (begun, done) = self.newest(steps)?;
        let during = steps.get(begun + 1..done.unwrap_or(steps.len()))?;
        let at = |place: usize| steps.get(place).map(|step| step.at);
        let from = self.since().or_else(|| at(begun))?;
        let filled = self.limit.filled.as_deref();
        let filled = filled.and_then(|field| moment(self.ctx, field));
        let done = done.and_then(at).or(filled);
        let (stops, stopped) = self.stops(during, done);
        let (due, extended, to_the_minute) = match self.named_day() {
            Some(end) => (end, 0, false),
            None => {
                let count = self.limit.count.as_ref()?;
                let (due, extended) = self.counted(count, from, during, &stops);
                (due, extended, !count.unit.is_of_days())
            }
        };
        let excused = self.limit.excused.as_ref();
        let excused = excused.is_some_and(|excused| excused.truth(self.ctx).unwrap_or(false));
        Some(Due {
            limit: self.limit.name.clone(),
            from,
            due,
            done,
            stopped,
            extended,
            to_the_minute,
            excused,
        })
    }

    fn newest(&self, steps: &[Taken<'_>]) -> Option<(usize, Option<usize>)> {
        let is_in = |names: &[String], step: &Taken<'_>| names.iter().any(|name| name == step.to);
        let mut run: Option<(usize, Option<usize>)> = None;
        for (place, step) in steps.iter().enumerate() {
            match &mut run {
                Some((_, done @ None)) if is_in(&self.limit.until, step) => *done = Some(place),
                Some((_, None)) => {}
                Some((_, Some(_))) | None if is_in(&self.limit.from, step) => {
                    run = Some((place, None));
                }
                Some((_, Some(_))) | None => {}
            }
        }
        run
    }

    /// The field that time is counted from, where it is filled.
    fn since(&self) -> Option<i64> {
        moment(self.ctx, self.limit.since.as_deref()?)
    }

    /// The end of the day that a field names.
    fn named_day(&self) -> Option<i64> {
        let day = moment(self.ctx, self.limit.day.as_deref()?)?;
        let next = day_of(day, self.ctx.offset())?.tomorrow().ok()?;
        super::limits::midnight(next, self.ctx.offset())
    }

    /// The times in which the clock stood still, and since when it still does.
    fn stops(&self, during: &[Taken<'_>], done: Option<i64>) -> (Vec<(i64, i64)>, Option<i64>) {
        let (mut stops, mut since) = (Vec::new(), None);
        for step in during {
            let stops_now = self.limit.stops.iter().any(|name| name == step.to);
            match (since, stops_now) {
                (None, true) => since = Some(step.at),
                (Some(from), false) => {
                    stops.push((from, step.at.max(from)));
                    since = None;
                }
                (Some(_), true) | (None, false) => {}
            }
        }
        if let (Some(from), Some(done)) = (since, done) {
            stops.push((from, done.max(from)));
            since = None;
        }
        stops.sort_unstable();
        stops.truncate(MOST_STOPS);
        (stops, since)
    }

    fn counted(
        &self,
        count: &Count,
        from: i64,
        during: &[Taken<'_>],
        stops: &[(i64, i64)],
    ) -> (i64, u32) {
        let offset = self.ctx.offset();
        let after = |from, value, unit| due_after(from, value, unit, stops, self.holidays, offset);
        let mut value = count.value;
        let mut due = after(from, value, count.unit);
        let mut taken = vec![0; self.limit.extensions.len()];
        for step in during {
            let given = self
                .limit
                .extensions
                .iter()
                .position(|one| one.step == step.to);
            let Some(place) = given else { continue };
            let Extension { times, length, .. } = &self.limit.extensions[place];
            // Whoever extends after the limit has passed extends nothing.
            if taken[place] >= *times || step.at >= due {
                continue;
            }
            taken[place] += 1;
            let more = length.unwrap_or(*count);
            due = if more.unit == count.unit {
                value = value.saturating_add(more.value);
                after(from, value, count.unit)
            } else {
                after(due.saturating_sub(1), more.value, more.unit)
            };
        }
        (due, taken.iter().sum())
    }
}

/// A moment, or the first moment of a date.
fn moment(ctx: &ExprContext, field: &str) -> Option<i64> {
    match ctx.datum(field) {
        Datum::Instant(at) => Some(*at),
        Datum::Text(day) => super::limits::midnight(day.parse().ok()?, ctx.offset()),
        Datum::Empty
        | Datum::Integer(_)
        | Datum::Decimal(_)
        | Datum::Boolean(_)
        | Datum::Point { .. }
        | Datum::Track { .. }
        | Datum::List(_)
        | Datum::Rows(_) => None,
    }
}
