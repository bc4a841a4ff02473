//! What happens in the demo, as its files say it: the station in `server/demo/station.toml`, the
//! day in `server/demo/day/`, one file a theme.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sync_core::ids::{Hash, PersonId, StationId};

use super::Numbers;
use super::card::Card;

/// A day: who is there, what each does when, and what it comes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub station: Station,
    pub officers: Vec<Officer>,
    /// In the order of their time.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// Made and posted when the day is over.
    pub card: Card,
    pub expect: Numbers,
}

/// One file of events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Theme {
    /// Added to each event's own.
    #[serde(default)]
    day: i64,
    events: Vec<Event>,
}

/// Events of one minute happen in the order of these files.
const THEMES: [&str; 11] = [
    include_str!("../../demo/day/ordinary-case.toml"),
    include_str!("../../demo/day/three-days-ago.toml"),
    include_str!("../../demo/day/service.toml"),
    include_str!("../../demo/day/patrols.toml"),
    include_str!("../../demo/day/visits.toml"),
    include_str!("../../demo/day/receptions.toml"),
    include_str!("../../demo/day/requests.toml"),
    include_str!("../../demo/day/cases.toml"),
    include_str!("../../demo/day/meeting.toml"),
    include_str!("../../demo/day/evening.toml"),
    include_str!("../../demo/day/network.toml"),
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    pub code: StationId,
    pub name: String,
    /// Its word (字) in register numbers.
    pub word: String,
    /// When the first day begins.
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
    /// The duty phone (值班电话).
    #[serde(default)]
    pub phone: String,
    pub roles: Vec<String>,
    /// What the officer calls the phone.
    pub device: String,
    /// On the first day.
    #[serde(deserialize_with = "time")]
    pub joins: Time,
    /// How far the phone's clock is ahead.
    #[serde(default)]
    pub clock_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counted from the day that is played.
    #[serde(default)]
    pub day: i64,
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
    /// Writes a part of a text that several write.
    Write(Write),
    /// Writes what the phone's program would not save: under another's name.
    Forge(Forge),
    /// Takes a step that only the station's console may, as `wardbook step` does.
    Console(Console),
    /// Decides between values that were written without knowing of each other.
    Settle(Settle),
    /// Hands over to a colleague's phone and takes what it has.
    Meet(PersonId),
    /// Sends and fetches until the server has judged all of it.
    Sync,
    /// The same while the network cuts the line after so many bytes, again and again.
    SyncCutAfter(Vec<u64>),
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
    /// Why what was submitted is amended.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    pub record: String,
    pub field: String,
    /// Behind these words; at the end without them.
    pub after: Option<String>,
    pub text: String,
}

/// What the officer's phone says, and what its store is made to hold instead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    pub record: String,
    /// What the phone calls saved.
    pub words: Vec<String>,
    pub step: String,
    pub note: Option<String>,
    pub signed_as: PersonId,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    pub record: String,
    pub step: String,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    pub record: String,
    pub word: String,
}

/// A time of the day as `08:40`.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(D::Error::custom)
}

impl Scenario {
    /// The day that `wardbook demo` plays.
    #[expect(clippy::expect_used, reason = "embedded files that a test reads")]
    pub fn day() -> Scenario {
        let station = include_str!("../../demo/station.toml");
        let mut scenario: Scenario = toml::from_str(station).expect("the station is well formed");
        for theme in THEMES {
            let theme: Theme = toml::from_str(theme).expect("the theme is well formed");
            scenario
                .events
                .extend(theme.events.into_iter().map(|mut event| {
                    event.day += theme.day;
                    event
                }));
        }
        scenario.events.sort_by_key(|event| (event.day, event.at));
        scenario
    }

    /// The first day, counted from the one that is played.
    pub fn first_day(&self) -> i64 {
        self.events.first().map_or(0, |event| event.day)
    }

    /// How many acts an officer saves.
    pub fn acts_of(&self, person: &PersonId) -> u64 {
        let own = self.events.iter().filter(|event| event.who == *person);
        own.filter(|event| event.does.saves()).count() as u64
    }

    /// How often the network cuts the line.
    pub fn cuts(&self) -> u64 {
        let cuts = self.events.iter().map(|event| match &event.does {
            Does::SyncCutAfter(bytes) => bytes.len() as u64,
            Does::Create(_)
            | Does::Change(_)
            | Does::Write(_)
            | Does::Settle(_)
            | Does::Forge(_)
            | Does::Console(_)
            | Does::Meet(_)
            | Does::Sync
            | Does::Roles(_) => 0,
        });
        cuts.sum()
    }
}

impl Does {
    /// Whether a phone calls an act saved. A forged one counts: the phone has said so of the bytes
    /// that were exchanged, sends those in their place, and they are held.
    fn saves(&self) -> bool {
        match self {
            Does::Create(_)
            | Does::Change(_)
            | Does::Write(_)
            | Does::Settle(_)
            | Does::Forge(_) => true,
            Does::Console(_)
            | Does::Meet(_)
            | Does::Sync
            | Does::SyncCutAfter(_)
            | Does::Roles(_) => false,
        }
    }
}

/// A word of the scenario as the officer writes it on that day: `{day}`, `{day+7}`, `{year}`,
/// `{sha256:photo}` and `@name` filled in. `None` where it names a record that nobody has made.
pub fn fill(word: &str, day: Date, made: &BTreeMap<String, String>) -> Option<String> {
    if let Some((place, name)) = word.split_once("=@") {
        return Some(format!("{place}={}", made.get(name)?));
    }
    if let Some((before, name)) = word.split_once("{sha256:") {
        let (name, after) = name.split_once('}')?;
        return Some(format!("{before}{}{after}", Hash::of(name.as_bytes())));
    }
    if let Some((before, after)) = word.split_once("{year}") {
        return Some(format!("{before}{}{after}", day.year()));
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
    fn the_day_begins_with_all_joined_and_names_only_those_who_are_there() {
        let day = Scenario::day();
        let known = |person: &PersonId| day.officers.iter().any(|one| one.code == *person);
        let joins = day.officers.iter().map(|officer| officer.joins);
        let first = day.events.first().map(|event| event.at);
        let times: Vec<Time> = [day.station.opens]
            .into_iter()
            .chain(joins)
            .chain(first)
            .collect();
        assert!(times.is_sorted(), "{times:?}");
        for event in &day.events {
            assert!(known(&event.who), "{}", event.who);
            if let Does::Meet(other)
            | Does::Forge(Forge {
                signed_as: other, ..
            }) = &event.does
            {
                assert!(known(other) && *other != event.who, "{other}");
            }
        }
        let saved = day.officers.iter().map(|one| day.acts_of(&one.code));
        assert_eq!(saved.sum::<u64>(), day.expect.saved);
    }

    #[test]
    fn days_and_names_are_filled_in() {
        let day = jiff::civil::date(2028, 2, 25);
        let made = BTreeMap::from([("案".to_owned(), "abcd".to_owned())]);
        let filled = |word| fill(word, day, &made);
        assert_eq!(filled("day={day}").unwrap(), "day=2028-02-25");
        assert_eq!(filled("deadline={day+7}").unwrap(), "deadline=2028-03-03");
        assert_eq!(filled("no=〔{year}〕1号").unwrap(), "no=〔2028〕1号");
        assert_eq!(filled("case=@案").unwrap(), "case=abcd");
        assert_eq!(filled("place=东街").unwrap(), "place=东街");
        assert_eq!(filled("case=@别案"), None);
        let photo = filled("photos.sha256={sha256:楼道.jpg}").unwrap();
        assert_eq!(photo.len(), "photos.sha256=".len() + 64);
        assert_ne!(photo, filled("photos.sha256={sha256:别处.jpg}").unwrap());
    }
}
