//! A station's day in one process: officers' phones over real HTTP, and what became of
//! every act.
//!
//! [`scenario`] is what happens, as data; [`stage`] the station and its phones; [`play`] lets it
//! happen over the [`network`]; [`forge`] tampers with a phone; [`tally`] counts afterwards, from
//! the stores alone. This is the one module of the server that knows the phone's side.

mod card;
mod failure;
mod forge;
mod network;
mod phones;
mod scenario;
mod stage;
mod tally;

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sync_core::ids::{PersonId, RecordId, StationId};

use crate::card::Code;
use crate::clock::{Clock, Stopwatch};
use crate::datadir::DataDir;
use crate::db::Db;
use crate::error::{Error, Result};

pub use scenario::{Does, Event, Officer, Scenario};
pub use stage::Running;

/// What became of the acts of a day. All count acts, unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Called saved by their phone; of a forged act, what it was before it was exchanged.
    pub saved: u64,
    /// With a receipt of the server.
    pub sent: u64,
    /// In the books.
    pub registered: u64,
    /// Records in which people contradict each other.
    pub conflicts: u64,
    /// Kept and not merged.
    pub held: u64,
    /// Lines of the books that reached the station late, or from a phone with a wrong clock.
    pub late: u64,
    /// Saved, and neither in the station's books and export nor among what it holds.
    pub lost: u64,
}

/// Where it is played.
#[derive(Debug)]
pub struct Place {
    pub db: Db,
    pub data: DataDir,
    /// A folder in which each phone gets one.
    pub phones: PathBuf,
}

/// How far one phone has come, after something happened on it.
#[derive(Debug, Clone)]
pub struct Progress {
    pub day: Date,
    pub at: jiff::civil::Time,
    pub who: PersonId,
    pub saved: u64,
    pub sent: u64,
    pub registered: u64,
}

/// The day is over, and the server still there.
#[derive(Debug)]
pub struct Merged {
    pub numbers: Numbers,
    /// How often the network cut the line.
    pub cuts: u64,
    pub seconds: f64,
    pub day: Date,
    pub station: StationId,
    /// The first record in conflict, to be shown.
    pub contested: Option<RecordId>,
    /// The contact card that hangs in the stairwells.
    pub card: Code,
    pub server: Running,
}

impl Merged {
    /// The demo has failed where its numbers are not what the scenario says.
    pub fn check(&self, scenario: &Scenario) -> Result<()> {
        match self.numbers == scenario.expect {
            true => Ok(()),
            false => Err(Error::DemoDiffers {
                what: format!("{:?} instead of {:?}", self.numbers, scenario.expect),
            }),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}

/// Plays a scenario on the day that `clock` says, with what came before it. Needs a runtime of
/// several threads: the phones block theirs.
pub async fn play(
    scenario: &Scenario,
    place: Place,
    clock: &Clock,
    tell: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Merged> {
    let watch = Stopwatch::start();
    let mut stage = stage::Stage::set(scenario, place, clock).await?;
    for event in &scenario.events {
        stage.happen(event, tell).await?;
    }
    let card = card::post(&stage, &scenario.card).await?;
    let (numbers, contested) = tally::tally(&stage).await?;
    Ok(Merged {
        numbers,
        cuts: stage.network.cuts(),
        seconds: watch.elapsed().as_secs_f64(),
        day: stage.day,
        station: stage.station,
        contested,
        card,
        server: stage.server,
    })
}
