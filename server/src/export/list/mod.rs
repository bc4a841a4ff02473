//! The console's lists as files: the same filters, the same words, the same order as on the page.
//!
//! What a list is asked for are the parameters of its page, whoever asks ([`Reader`]).

mod cards;
mod conflicts;
mod devices;
mod forks;
mod held;
mod labels;
mod limits;
mod metrics;
mod plain;
mod records;
mod table;

use std::io::Write;

use sync_core::ids::StationId;

use self::labels::Labels;
use self::plain::Plain;
use self::table::{Column, Table, Value};
use super::{Format, written};
use crate::db::Tx;
use crate::error::Result;
use crate::known::Known;
use crate::pages::Reader;
use crate::pages::station::Shown;

/// A list of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Records,
    Limits,
    Held,
    Conflicts,
    Devices,
    Forks,
    Cards,
    CardTasks,
    Metrics,
    Officers,
    Committees,
}

impl List {
    pub const ALL: [List; 11] = [
        List::Records,
        List::Limits,
        List::Held,
        List::Conflicts,
        List::Devices,
        List::Forks,
        List::Cards,
        List::CardTasks,
        List::Metrics,
        List::Officers,
        List::Committees,
    ];

    /// Its name in addresses and in the names of files.
    pub fn word(self) -> &'static str {
        match self {
            List::Records => "records",
            List::Limits => "limits",
            List::Held => "held",
            List::Conflicts => "conflicts",
            List::Devices => "devices",
            List::Forks => "forks",
            List::Cards => "cards",
            List::CardTasks => "card-tasks",
            List::Metrics => "metrics",
            List::Officers => "officers",
            List::Committees => "committees",
        }
    }

    pub fn from_word(word: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.word() == word)
    }

    /// Whether a value of a resident could stand in it. Titles of records are kept masked, so
    /// only what people contradict each other about is ever whole.
    pub fn is_personal(self) -> bool {
        match self {
            List::Records | List::Limits | List::Held | List::Conflicts => true,
            List::Devices
            | List::Forks
            | List::Cards
            | List::CardTasks
            | List::Metrics
            | List::Officers
            | List::Committees => false,
        }
    }

    fn title(self, labels: &Labels) -> &'static str {
        match self {
            List::Records => &labels.pages.records_title,
            List::Limits => &labels.pages.limits_title,
            List::Held => &labels.pages.held_title,
            List::Conflicts => &labels.pages.conflicts_title,
            List::Devices => &labels.pages.devices,
            List::Forks => &labels.pages.forks_title,
            List::Cards => &labels.cards.title,
            List::CardTasks => &labels.export.card_tasks,
            List::Metrics => &labels.metrics.title,
            List::Officers => &labels.metrics.officers,
            List::Committees => &labels.metrics.committees,
        }
    }

    fn columns(self) -> &'static [Column] {
        match self {
            List::Records => records::COLUMNS,
            List::Limits => limits::COLUMNS,
            List::Held => held::COLUMNS,
            List::Conflicts => conflicts::COLUMNS,
            List::Devices => devices::COLUMNS,
            List::Forks => forks::COLUMNS,
            List::Cards => cards::COLUMNS,
            List::CardTasks => cards::TASKS,
            List::Metrics => metrics::COLUMNS,
            List::Officers => metrics::OFFICERS,
            List::Committees => metrics::COMMITTEES,
        }
    }
}

/// In what form a list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct ListWanted {
    pub list: List,
    pub format: Format,
    /// Personal values are masked.
    pub masked: bool,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// The rows of a list that pass the reader's filters, in the order of its page.
pub async fn list(
    tx: &mut Tx,
    station: &StationId,
    reader: &Reader,
    wanted: ListWanted,
    out: impl Write + Send,
) -> Result<()> {
    let known = Known::default();
    let shown = Shown::with(tx, &known, station.as_str()).await?;
    list_of(tx, &known, &shown, reader, wanted, out).await
}

/// [`list`] of a station that has been read.
pub(crate) async fn list_of(
    tx: &mut Tx,
    known: &Known,
    shown: &Shown,
    reader: &Reader,
    wanted: ListWanted,
    out: impl Write + Send,
) -> Result<()> {
    let ask = Ask {
        known,
        shown,
        reader,
        plain: Plain::new(reader, shown),
        masked: wanted.masked,
        now: wanted.now,
    };
    let Some(mut table) = written(Table::begin(wanted, &ask.plain, out))? else {
        return Ok(());
    };
    let mut rows = Rows::of(wanted.list);
    while let Some(part) = rows.next(tx, &ask).await? {
        for row in part {
            if written(table.row(row))?.is_none() {
                return Ok(());
            }
        }
    }
    written(table.end()).map(drop)
}

/// What every list is asked with.
struct Ask<'a> {
    known: &'a Known,
    shown: &'a Shown,
    reader: &'a Reader,
    plain: Plain<'a>,
    masked: bool,
    now: i64,
}

/// Rows of a list that are read at once.
const PART: u64 = 1_000;

/// Where reading a list has come to.
enum Rows {
    Records(records::Place),
    Limits(limits::Place),
    Held(held::Place),
    Conflicts(conflicts::Place),
    Forks(u64),
    /// Has no more rows than a station has people, phones or metrics.
    Whole(List),
    End,
}

impl Rows {
    fn of(list: List) -> Rows {
        match list {
            List::Records => Rows::Records(records::Place::default()),
            List::Limits => Rows::Limits(limits::Place::default()),
            List::Held => Rows::Held(held::Place::default()),
            List::Conflicts => Rows::Conflicts(conflicts::Place::default()),
            List::Forks => Rows::Forks(0),
            List::Devices
            | List::Cards
            | List::CardTasks
            | List::Metrics
            | List::Officers
            | List::Committees => Rows::Whole(list),
        }
    }

    /// The next part; none after the last.
    async fn next(&mut self, tx: &mut Tx, ask: &Ask<'_>) -> Result<Option<Vec<Vec<Value>>>> {
        let part = match self {
            Rows::Records(place) => records::part(tx, ask, place).await?,
            Rows::Limits(place) => limits::part(tx, ask, place).await?,
            Rows::Held(place) => held::part(tx, ask, place).await?,
            Rows::Conflicts(place) => conflicts::part(tx, ask, place).await?,
            Rows::Forks(skip) => forks::part(tx, ask, skip).await?,
            Rows::Whole(list) => {
                let list = *list;
                *self = Rows::End;
                return whole(tx, ask, list).await.map(Some);
            }
            Rows::End => None,
        };
        Ok(part)
    }
}

async fn whole(tx: &mut Tx, ask: &Ask<'_>, list: List) -> Result<Vec<Vec<Value>>> {
    match list {
        List::Devices => Ok(devices::rows(ask)),
        List::Cards => cards::rows(tx, ask).await,
        List::CardTasks => cards::tasks(tx, ask).await,
        List::Metrics => metrics::rows(tx, ask).await,
        List::Officers => metrics::officers(tx, ask).await,
        List::Committees => metrics::committees(tx, ask).await,
        List::Records | List::Limits | List::Held | List::Conflicts | List::Forks => Ok(Vec::new()),
    }
}
