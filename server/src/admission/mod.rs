//! The second step: what intake has stored is judged, merged and given its place in the station
//! log. One worker a station, batch by batch; it may be stopped anywhere and begins again from
//! what is stored.

mod judge;
mod load;
mod numbers;
pub mod project;
mod store;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sync_core::ids::StationId;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::datadir::DataDir;
use crate::db::Db;
use crate::error::{Error, Result};

pub use load::Batch;

/// Admits everything that waits in a station, and says how many envelopes it was.
pub async fn admit_all(
    db: &Db,
    data: &DataDir,
    clock: &Clock,
    station: &StationId,
) -> Result<usize> {
    let mut admitted = 0;
    while let Some(batch) = Batch::load(db, station).await? {
        let envelopes = batch.envelopes.len();
        let judged = judge_apart(batch).await?;
        if store::store(db, data, clock, judged).await? {
            admitted += envelopes;
            metrics::counter!("wardbook_envelopes_admitted_total").increment(envelopes as u64);
        }
    }
    Ok(admitted)
}

/// Judging costs time and may panic: it runs beside the threads that serve.
async fn judge_apart(batch: Batch) -> Result<judge::Judged> {
    tokio::task::spawn_blocking(move || judge::judge(batch))
        .await
        .map_err(|_| Error::Panicked)
}

/// The workers of all stations, and how far each station's log has come.
#[derive(Debug)]
pub struct Admission {
    db: Db,
    data: DataDir,
    clock: Clock,
    stations: Mutex<BTreeMap<StationId, Worker>>,
}

#[derive(Debug)]
struct Worker {
    /// Counts what came in: the worker goes on until it has seen the last.
    arrived: watch::Sender<u64>,
    /// Counts the rounds that have ended.
    done: watch::Receiver<u64>,
}

impl Admission {
    pub fn new(db: Db, data: DataDir, clock: Clock) -> Arc<Admission> {
        Arc::new(Admission { db, data, clock, stations: Mutex::new(BTreeMap::new()) })
    }

    /// Says that something waits in a station. What it gives changes whenever a round has ended.
    pub fn wake(self: &Arc<Self>, station: &StationId) -> watch::Receiver<u64> {
        let mut stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = stations
            .entry(station.clone())
            .or_insert_with(|| self.clone().start(station.clone()));
        worker.arrived.send_modify(|count| *count += 1);
        worker.done.clone()
    }

    fn start(self: Arc<Self>, station: StationId) -> Worker {
        let (arrived, mut arrivals) = watch::channel(0);
        let (ended, done) = watch::channel(0);
        tokio::spawn(async move {
            while arrivals.changed().await.is_ok() {
                arrivals.mark_unchanged();
                let admitted = admit_all(&self.db, &self.data, &self.clock, &station).await;
                if let Err(error) = admitted {
                    // What waits is stored: the next arrival, or the next start, tries again.
                    tracing::error!(%station, error = error.chain(), "admission failed");
                    metrics::counter!("wardbook_admission_failures_total").increment(1);
                }
                ended.send_modify(|rounds| *rounds += 1);
            }
        });
        Worker { arrived, done }
    }
}
