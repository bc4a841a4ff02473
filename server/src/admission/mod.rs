//! The second step: what intake has stored is judged, merged and given its place in the station
//! log. One worker a station, batch by batch; it may be stopped anywhere and begins again from
//! what is stored.

mod anew;
pub mod answers;
mod around;
mod judge;
pub mod lists;
pub mod load;
pub mod numbers;
pub mod project;
pub mod record;
pub mod store;
mod trial;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sync_core::ids::StationId;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Stopwatch};
use crate::datadir::DataDir;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::known::Known;
use crate::station::Station;
use crate::{args, sql};

pub use load::Batch;
pub use record::history;
pub use trial::{Task, Trial, judge_apart};

use judge::{Care, Judged};
use load::MAX_ENVELOPES;
use trial::Outcome;

/// What a worker works with.
#[derive(Debug, Clone)]
struct Means {
    db: Db,
    data: DataDir,
    clock: Clock,
    known: Arc<Known>,
    trial: Option<Trial>,
    /// A batch lies whole in memory from its loading to its commit: however many stations have
    /// something waiting, so many batches at a time.
    desks: Arc<Semaphore>,
}

/// What waited already when the worker started may have taken the last one down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspects {
    /// Not looked for yet.
    Unknown,
    /// Those up to this arrival, so many at a time.
    UpTo {
        arrival: u64,
        together: i64,
    },
    Nobody,
}

impl Means {
    /// Admits everything that waits in a station, and says how many envelopes it was.
    async fn admit_all(&self, station: &StationId, suspects: &mut Suspects) -> Result<usize> {
        let mut admitted = 0;
        let mut care = Care::Batch;
        loop {
            let most = match self.tried(station, suspects).await? {
                Tried::Fine(most) => most,
                Tried::Split => continue,
                Tried::Convicted => {
                    admitted += self.hold_first(station).await?;
                    continue;
                }
            };
            // Nobody closes it.
            let _desk = self.desks.acquire().await.ok();
            let batch = Batch::load(&self.db, &self.known, station, most).await?;
            let Some(batch) = batch else {
                return Ok(admitted);
            };
            let envelopes = batch.envelopes.len();
            let Some(judged) = judge_beside(batch, self.clock.now_ms(), care).await? else {
                care = Care::EachAct;
                continue;
            };
            if self.store(judged, envelopes).await? {
                care = Care::Batch;
                admitted += envelopes;
            }
        }
    }

    /// Has what is suspected judged in a process of its own first.
    async fn tried(&self, station: &StationId, suspects: &mut Suspects) -> Result<Tried> {
        let Some(trial) = &self.trial else {
            return Ok(Tried::Fine(MAX_ENVELOPES));
        };
        if *suspects == Suspects::Unknown {
            *suspects = Suspects::UpTo {
                arrival: Station::get(&self.db, station).await?.arrivals,
                together: MAX_ENVELOPES,
            };
        }
        let Suspects::UpTo { arrival, together } = *suspects else {
            return Ok(Tried::Fine(MAX_ENVELOPES));
        };
        let first = self
            .db
            .fetch_opt(sql!("envelope_waiting"), args![station, 0, 1])
            .await?;
        let first = first.map(|row| row.count("arrival")).transpose()?;
        if first.is_none_or(|first| first > arrival) {
            *suspects = Suspects::Nobody;
            return Ok(Tried::Fine(MAX_ENVELOPES));
        }
        if trial.run(station, together, Task::Judge).await? == Outcome::Survived {
            return Ok(Tried::Fine(together));
        }
        tracing::warn!(%station, envelopes = together, "a process that judged what waits went down");
        if together > 1 {
            *suspects = Suspects::UpTo {
                arrival,
                together: 1,
            };
            return Ok(Tried::Split);
        }
        // One death may be somebody else's doing; a second one is not.
        match trial.run(station, 1, Task::Judge).await? {
            Outcome::Survived => Ok(Tried::Fine(1)),
            Outcome::Died => Ok(Tried::Convicted),
        }
    }

    /// Holds the first envelope that waits as a whole; unopened, if even that takes one down.
    async fn hold_first(&self, station: &StationId) -> Result<usize> {
        let outcome = match &self.trial {
            Some(trial) => trial.run(station, 1, Task::Hold).await?,
            None => Outcome::Died,
        };
        let batch = match outcome {
            Outcome::Survived => Batch::load(&self.db, &self.known, station, 1).await?,
            Outcome::Died => Batch::load_sealed(&self.db, &self.known, station).await?,
        };
        let Some(batch) = batch else { return Ok(0) };
        tracing::error!(
            %station,
            envelope = %batch.envelopes[0].envelope.hash(),
            "an envelope takes the server down: it is held and will not be tried again"
        );
        metrics::counter!("wardbook_envelopes_convicted_total").increment(1);
        let judged = judge::hold(batch, self.clock.now_ms());
        Ok(usize::from(self.store(judged, 1).await?))
    }

    async fn store(&self, judged: Judged, envelopes: usize) -> Result<bool> {
        let stored = store::store(&self.db, &self.data, &self.clock, judged).await?;
        if stored {
            metrics::counter!("wardbook_envelopes_admitted_total").increment(envelopes as u64);
        }
        Ok(stored)
    }
}

enum Tried {
    /// So many may be judged here.
    Fine(i64),
    /// One of them went down: each by itself.
    Split,
    Convicted,
}

/// Judging costs time and may panic: it runs beside the threads that serve.
async fn judge_beside(batch: Batch, now: i64, care: Care) -> Result<Option<Judged>> {
    tokio::task::spawn_blocking(move || judge::judge(batch, now, care))
        .await
        .map_err(|_| Error::Panicked)
}

/// One judges while another waits for the disk.
fn desks() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}

/// After a failure, such as a database that is away, a worker tries again by itself.
const RETRY: Duration = Duration::from_secs(2);

/// The workers of all stations, and how far each has come.
#[derive(Debug)]
pub struct Admission {
    means: Means,
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
    /// Without a trial, an envelope that takes the process down does so at each start.
    pub fn new(
        db: Db,
        data: DataDir,
        clock: Clock,
        known: Arc<Known>,
        trial: Option<Trial>,
    ) -> Admission {
        Admission {
            means: Means {
                db,
                data,
                clock,
                known,
                trial,
                desks: Arc::new(Semaphore::new(desks())),
            },
            stations: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes up what waits in every station since the last stop.
    pub async fn resume(&self) -> Result<()> {
        for station in Station::list(&self.means.db).await? {
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
        let means = self.means.clone();
        let task = tokio::spawn(async move {
            let mut suspects = Suspects::Unknown;
            while arrivals.changed().await.is_ok() {
                loop {
                    arrivals.mark_unchanged();
                    let time = Stopwatch::start();
                    let admitted = means.admit_all(&station, &mut suspects).await;
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
