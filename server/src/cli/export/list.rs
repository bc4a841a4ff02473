//! `wardbook export held` and the other lists of the console: their filters are those of the page.

use std::io::{BufWriter, stdout};

use clap::{Args, Subcommand, ValueEnum};

use super::TableForm;
use crate::cli::{StationOptions, values};
use crate::clock::Clock;
use crate::config;
use crate::error::Result;
use crate::export::{self, List, ListWanted};
use crate::pages::Reader;
use crate::read_tx;

#[derive(Debug, Subcommand)]
pub enum Lists {
    /// The records that a search finds, by default all, the latest change first
    Search {
        /// Words that must all occur: a number, a day, a place, an officer
        words: Option<String>,
        /// Only of this kind, by its name in the catalogue
        #[arg(long)]
        kind: Option<String>,
        /// Only at this step, by its name in the catalogue
        #[arg(long)]
        state: Option<String>,
        /// Only of this recorder, by the officer's code
        #[arg(long, value_name = "CODE")]
        officer: Option<String>,
        /// Only of this day
        #[arg(long, value_name = "DAY", value_parser = values::day)]
        day: Option<String>,
        /// Only those with this mark
        #[arg(long, value_enum)]
        only: Option<Only>,
        #[command(flatten)]
        form: Form,
    },
    /// The time limits that run, the first to end first
    Limits {
        /// Only a part of them
        #[arg(long, value_enum)]
        when: Option<When>,
        #[command(flatten)]
        form: Form,
    },
    /// What was kept and not merged, each with why and what to do
    Held {
        #[command(flatten)]
        within: Within,
        #[command(flatten)]
        form: Form,
    },
    /// What people wrote without knowing of each other, a row a value
    Conflicts {
        #[command(flatten)]
        within: Within,
        #[command(flatten)]
        form: Form,
        /// Mask names, phones, addresses and notes of persons
        #[arg(long)]
        masked: bool,
    },
    /// The station's phones, and how far each has come
    Devices {
        /// Only of this officer, by code
        #[arg(long, value_name = "CODE")]
        officer: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Second envelopes under one number, kept as proof
    Forks {
        #[command(flatten)]
        form: Form,
    },
    /// The posted contact cards
    Cards {
        #[command(flatten)]
        form: Form,
    },
    /// What is to do about contact cards
    CardTasks {
        #[command(flatten)]
        form: Form,
    },
    /// The service of each officer in a period, by default of this month
    Officers {
        #[command(flatten)]
        period: Period,
        #[command(flatten)]
        form: Form,
    },
    /// The findings of each committee in a period, by default of this month
    Committees {
        #[command(flatten)]
        period: Period,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub struct Form {
    #[command(flatten)]
    at: StationOptions,
    #[arg(long, value_enum, default_value_t = TableForm::Csv)]
    format: TableForm,
}

#[derive(Debug, Args)]
pub struct Within {
    /// Only of this person, by the officer's code
    #[arg(long, value_name = "CODE")]
    officer: Option<String>,
    /// Only of this day
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    day: Option<String>,
}

#[derive(Debug, Args)]
pub struct Period {
    /// First day
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    pub from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DAY", value_parser = values::day)]
    pub to: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Only {
    Late,
    Amended,
    Removed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum When {
    /// Past their last day
    Over,
    /// To end within three days
    Soon,
}

/// Parameters of the list's page.
type Query = Vec<(String, String)>;

fn query<const N: usize>(given: [(&str, Option<String>); N]) -> Query {
    let given = given.into_iter();
    given
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn word(value: Option<impl ValueEnum>) -> Option<String> {
    let value = value?.to_possible_value()?;
    Some(value.get_name().to_owned())
}

impl Within {
    fn query(self) -> Query {
        query([("officer", self.officer), ("day", self.day)])
    }
}

impl Period {
    pub fn query(self) -> Query {
        query([("from", self.from), ("to", self.to)])
    }
}

pub async fn run(lists: Lists, clock: &Clock) -> Result<()> {
    let none = Query::new;
    match lists {
        Lists::Search {
            words,
            kind,
            state,
            officer,
            day,
            only,
            form,
        } => {
            let asked = query([
                ("q", words),
                ("kind", kind),
                ("state", state),
                ("officer", officer),
                ("day", day),
                ("only", word(only)),
            ]);
            write(List::Records, asked, form, true, clock).await
        }
        Lists::Limits { when, form } => {
            let asked = query([("when", word(when))]);
            write(List::Limits, asked, form, true, clock).await
        }
        Lists::Held { within, form } => write(List::Held, within.query(), form, true, clock).await,
        Lists::Conflicts {
            within,
            form,
            masked,
        } => write(List::Conflicts, within.query(), form, masked, clock).await,
        Lists::Devices { officer, form } => {
            write(
                List::Devices,
                query([("officer", officer)]),
                form,
                true,
                clock,
            )
            .await
        }
        Lists::Forks { form } => write(List::Forks, none(), form, true, clock).await,
        Lists::Cards { form } => write(List::Cards, none(), form, true, clock).await,
        Lists::CardTasks { form } => write(List::CardTasks, none(), form, true, clock).await,
        Lists::Officers { period, form } => {
            write(List::Officers, period.query(), form, true, clock).await
        }
        Lists::Committees { period, form } => {
            write(List::Committees, period.query(), form, true, clock).await
        }
    }
}

async fn write(list: List, query: Query, form: Form, masked: bool, clock: &Clock) -> Result<()> {
    to_stdout(list, query, &form.at, form.format, masked, clock).await
}

pub async fn to_stdout(
    list: List,
    query: Query,
    at: &StationOptions,
    form: TableForm,
    masked: bool,
    clock: &Clock,
) -> Result<()> {
    let reader = Reader::asking(config::language(), query);
    let wanted = ListWanted {
        list,
        format: form.into(),
        masked,
        now: clock.now_ms(),
    };
    let db = at.store.open().await?;
    read_tx!(db, "export_list", async |tx| {
        let out = BufWriter::new(stdout());
        export::list(tx, &at.station, &reader, wanted, out).await
    })
    .await?;
    db.close().await;
    Ok(())
}
