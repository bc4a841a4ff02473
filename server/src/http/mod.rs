//! The HTTP side: listeners, routes, and what surrounds every request.

mod accept;
mod body;
mod listen;
mod loopback;
mod meter;
mod ops;
mod routes;
mod stop;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Db;

pub use accept::Limits;
pub use listen::Listeners;
pub use stop::{Stop, Stopper};
pub use trace::RequestId;

/// What every handler may use.
#[derive(Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub data: DataDir,
}

impl App {
    pub fn new(db: Db, clock: Clock, data: DataDir) -> App {
        App { db, clock, data }
    }
}

/// Serves until told to stop, then lets the requests under way finish for a bounded time.
pub async fn serve(app: Arc<App>, listeners: Listeners, stop: Stop) {
    let upkeep = tokio::spawn(meter::upkeep());
    let limits = Limits::default();
    match listeners.console {
        Some(console) => {
            tokio::join!(
                accept::accept(
                    listeners.sync,
                    routes::sync(app.clone()),
                    limits,
                    stop.clone()
                ),
                accept::accept(console, routes::console(app), limits, stop),
            );
        }
        None => accept::accept(listeners.sync, routes::both(app), limits, stop).await,
    }
    upkeep.abort();
}

/// How long a stopping server waits for requests under way.
const GRACE: Duration = Duration::from_secs(10);
