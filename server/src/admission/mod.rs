//! The second step: what intake has stored is judged, merged and given its place in the station
//! log. One worker a station, batch by batch; it may be stopped anywhere and begins again from
//! what is stored.

mod anew;
mod judge;
pub mod lists;
pub mod load;
pub mod numbers;
pub mod project;
pub mod store;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sync_core::ids::StationId;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, Stopwatch};
use crate::datadir::DataDir;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::station::Station;

pub use load::{Batch, history};

use judge::{Care, Judged};

/// Admits everything that waits in a station, and says how many envelopes it was.
pub async fn admit_all(
    db: &Db,
    data: &DataDir,
    clock: &Clock,
    station: &StationId,
) -> Result<usize> {
    let mut admitted = 0;
    let mut care = Care::Batch;
    while let Some(batch) = Batch::load(db, station).await? {
        let envelopes = batch.envelopes.len();
        let Some(judged) = judge_apart(batch, clock.now_ms(), care).await? else {
            care = Care::EachAct;
            continue;
        };
        if store::store(db, data, clock, judged).await? {
            care = Care::Batch;
            admitted += envelopes;
            metrics::counter!("wardbook_envelopes_admitted_total").increment(envelopes as u64);
        }
    }
    Ok(admitted)
}

/// Judging costs time and may panic: it runs beside the threads that serve.
async fn judge_apart(batch: Batch, now: i64, care: Care) -> Result<Option<Judged>> {
    tokio::task::spawn_blocking(move || judge::judge(batch, now, care))
        .await
        .map_err(|_| Error::Panicked)
}

/// After a failure, such as a database that is away, a worker tries again by itself.
const RETRY: Duration = Duration::from_secs(2);

/// The workers of all stations, and how far each has come.
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
    task: JoinHandle<()>,
}

impl Admission {
    pub fn new(db: Db, data: DataDir, clock: Clock) -> Admission {
        Admission {
            db,
            data,
            clock,
            stations: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes up what waits in every station since the last stop.
    pub async fn resume(&self) -> Result<()> {
        for station in Station::list(&self.db).await? {
            self.wake(&station.id);
        }
        Ok(())
    }

    /// Says that something waits in a station. What it gives changes whenever a round has ended.
    pub fn wake(&self, station: &StationId) -> watch::Receiver<u64> {
        let mut stations = self.stations();
        let worker = stations
            .entry(station.clone())
            .or_insert_with(|| self.start(station.clone()));
        worker.arrived.send_modify(|count| *count += 1);
        worker.done.clone()
    }

    /// Lets every worker finish its round and end.
    pub async fn stop(&self) {
        let workers = std::mem::take(&mut *self.stations());
        for worker in workers.into_values() {
            drop(worker.arrived);
            // A worker that panicked has ended as well.
            let _ = worker.task.await;
        }
    }

    fn stations(&self) -> MutexGuard<'_, BTreeMap<StationId, Worker>> {
        self.stations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, station: StationId) -> Worker {
        let (arrived, mut arrivals) = watch::channel(0);
        let (ended, done) = watch::channel(0);
        let (db, data, clock) = (self.db.clone(), self.data.clone(), self.clock.clone());
        let task = tokio::spawn(async move {
            while arrivals.changed().await.is_ok() {
                loop {
                    arrivals.mark_unchanged();
                    let time = Stopwatch::start();
                    let admitted = admit_all(&db, &data, &clock, &station).await;
                    metrics::histogram!("wardbook_admission_seconds")
                        .record(time.elapsed().as_secs_f64());
                    ended.send_modify(|rounds| *rounds += 1);
                    match admitted {
                        Ok(_) => break,
                        Err(error) => {
                            tracing::error!(%station, error = error.chain(), "admission failed");
                            metrics::counter!("wardbook_admission_failures_total").increment(1);
                        }
                    }
                    tokio::select! {
                        () = tokio::time::sleep(RETRY) => {}
                        more = arrivals.changed() => if more.is_err() { return },
                    }
                }
            }
        });
        Worker {
            arrived,
            done,
            task,
        }
    }
}
