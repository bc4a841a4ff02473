//! The HTTP side: listeners, routes, and what surrounds every request.

mod accept;
mod body;
mod limits;
mod listen;
mod loopback;
mod meter;
mod ops;
mod phones;
mod room;
mod routes;
mod stop;
mod trace;

use std::sync::Arc;

use crate::admission::{Admission, Trial};
use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Db;
use crate::intake::Intake;
use crate::known::Known;

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
    pub known: Arc<Known>,
    pub intake: Intake,
    pub admission: Admission,
}

impl App {
    /// Starts intake; admission of a station starts when something waits there.
    pub fn new(db: Db, clock: Clock, data: DataDir) -> App {
        App::with_trial(db, clock, data, None)
    }

    /// What waited already is judged in a process of its own first.
    pub fn with_trial(db: Db, clock: Clock, data: DataDir, trial: Option<Trial>) -> App {
        let known = Arc::new(Known::default());
        App {
            intake: Intake::start(db.clone(), clock.clone()),
            admission: Admission::new(
                db.clone(),
                data.clone(),
                clock.clone(),
                known.clone(),
                trial,
            ),
            known,
            db,
            clock,
            data,
            limits: Limits::default(),
        }
    }
}

/// Serves until told to stop, then lets the requests under way finish for a bounded time, and
/// the rounds of admission.
pub async fn serve(app: Arc<App>, listeners: Listeners, stop: Stop) {
    let upkeep = tokio::spawn(meter::upkeep());
    let limits = app.limits;
    if let Err(error) = app.admission.resume().await {
        // What waits is stored, and goes on with the next arrival.
        tracing::error!(error = error.chain(), "admission could not be resumed");
    }
    let served = app.clone();
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
    served.admission.stop().await;
    upkeep.abort();
}
