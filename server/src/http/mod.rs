//! The HTTP side: listeners, routes, and what surrounds every request.

mod accept;
mod body;
mod limits;
mod listen;
mod loopback;
mod meter;
mod ops;
mod routes;
mod stop;
mod trace;

use std::sync::Arc;

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Db;

pub use limits::Limits;
pub use listen::Listeners;
pub use stop::{Stop, Stopper};
pub use trace::RequestId;

/// What every handler may use.
#[derive(Debug)]
pub struct App {
    pub db: Db,
    pub clock: Clock,
    pub data: DataDir,
    pub limits: Limits,
}

impl App {
    pub fn new(db: Db, clock: Clock, data: DataDir) -> App {
        App {
            db,
            clock,
            data,
            limits: Limits::default(),
        }
    }
}

/// Serves until told to stop, then lets the requests under way finish for a bounded time.
pub async fn serve(app: Arc<App>, listeners: Listeners, stop: Stop) {
    let upkeep = tokio::spawn(meter::upkeep());
    let limits = app.limits;
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
