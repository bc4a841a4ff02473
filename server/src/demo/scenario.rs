//! What happens in the demo, as its file says it: `server/demo/morning.toml`.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sync_core::ids::{PersonId, StationId};

use super::Numbers;

/// A morning: who is there, what each does when, and what it comes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub station: Station,
    pub officers: Vec<Officer>,
    /// In the order of their time.
    pub events: Vec<Event>,
    pub expect: Numbers,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    pub code: StationId,
    pub name: String,
    /// Its word (字) in register numbers.
    pub word: String,
    #[serde(deserialize_with = "time")]
    pub opens: Time,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    pub code: PersonId,
    pub name: String,
    pub post: String,
    pub certificate: String,
    pub roles: Vec<String>,
    /// What the officer calls the phone.
    pub device: String,
    #[serde(deserialize_with = "time")]
    pub joins: Time,
    /// How far the phone's clock is ahead.
    #[serde(default)]
    pub clock_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    #[serde(deserialize_with = "time")]
    pub at: Time,
    /// Who does it, or whom it is about.
    pub who: PersonId,
    pub does: Does,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// Makes a record, which later events call by the name.
    Create(Create),
    /// Writes to a record that was made before.
    Change(Change),
    /// Hands over to a colleague's phone and takes what it has.
    Meet(PersonId),
    /// Sends and fetches until the server has judged all of it.
    Sync,
    /// The station gives the officer these roles instead of the old ones.
    Roles(Vec<String>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    pub kind: String,
    pub name: String,
    pub words: Vec<String>,
    #[serde(default)]
    pub steps: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub record: String,
    #[serde(default)]
    pub words: Vec<String>,
    #[serde(default)]
    pub steps: Vec<String>,
    pub note: Option<String>,
}

/// A time of the day as `08:40`.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(D::Error::custom)
}

impl Scenario {
    /// The morning that `wardbook demo` plays.
    #[expect(clippy::expect_used, reason = "an embedded file that a test reads")]
    pub fn morning() -> Scenario {
        let file = include_str!("../../demo/morning.toml");
        toml::from_str(file).expect("the embedded scenario is well formed")
    }

    /// How many acts an officer saves.
    pub fn acts_of(&self, person: &PersonId) -> u64 {
        let saves = |event: &&Event| matches!(event.does, Does::Create(_) | Does::Change(_));
        let own = self.events.iter().filter(|event| event.who == *person);
        own.filter(saves).count() as u64
    }
}

/// A word of the scenario as the officer writes it on that day: `{day}`, `{day+7}` and `@name`
/// filled in. `None` where it names a record that nobody has made.
pub fn fill(word: &str, day: Date, made: &BTreeMap<String, String>) -> Option<String> {
    if let Some((place, name)) = word.split_once("=@") {
        return Some(format!("{place}={}", made.get(name)?));
    }
    let Some((before, rest)) = word.split_once("{day") else {
        return Some(word.to_owned());
    };
    let (plus, after) = rest.split_once('}')?;
    let days: i64 = match plus {
        "" => 0,
        plus => plus.parse().ok()?,
    };
    let day = day.checked_add(jiff::Span::new().days(days)).ok()?;
    Some(format!("{before}{day}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_morning_is_in_order_and_names_only_those_who_are_there() {
        let morning = Scenario::morning();
        let known = |person: &PersonId| morning.officers.iter().any(|one| one.code == *person);
        let joins = morning.officers.iter().map(|officer| officer.joins);
        let events = morning.events.iter().map(|event| event.at);
        let times: Vec<Time> = [morning.station.opens]
            .into_iter()
            .chain(joins)
            .chain(events)
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        for event in &morning.events {
            assert!(known(&event.who), "{}", event.who);
            if let Does::Meet(other) = &event.does {
                assert!(known(other) && *other != event.who, "{other}");
            }
        }
        let saved = morning
            .officers
            .iter()
            .map(|one| morning.acts_of(&one.code));
        assert_eq!(saved.sum::<u64>(), morning.expect.saved);
    }

    #[test]
    fn days_and_names_are_filled_in() {
        let day = jiff::civil::date(2028, 2, 25);
        let made = BTreeMap::from([("案".to_owned(), "abcd".to_owned())]);
        let filled = |word| fill(word, day, &made);
        assert_eq!(filled("day={day}").unwrap(), "day=2028-02-25");
        assert_eq!(filled("deadline={day+7}").unwrap(), "deadline=2028-03-03");
        assert_eq!(filled("case=@案").unwrap(), "case=abcd");
        assert_eq!(filled("place=东街").unwrap(), "place=东街");
        assert_eq!(filled("case=@别案"), None);
    }
}
