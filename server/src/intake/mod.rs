//! The first step: an envelope is checked, stored and receipted, whatever becomes of it later.
//!
//! Whoever waits for the same commit shares it: under load, one durable write carries many
//! phones' envelopes.

mod take;

use std::sync::Arc;

use sync_core::envelope::Envelope;
use sync_core::gate::intake::TurnedAway;
use sync_core::ids::{DeviceId, Hash, StationId};
use sync_core::sync::Want;
use tokio::sync::{mpsc, oneshot};

use crate::clock::{Clock, Stopwatch};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::write_tx;

/// What a phone brings in one request.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub station: StationId,
    /// The phone that delivers: its own envelopes and those it carries for colleagues.
    pub bearer: DeviceId,
    /// With the bytes as they came; their signatures are checked already.
    pub envelopes: Vec<(Envelope, Vec<u8>)>,
    /// What the phone said of itself with it.
    pub report: Report,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The phone's clock minus the server's, in milliseconds.
    pub clock_offset_ms: i64,
    /// How far it has read the station log.
    pub seen_index: u64,
}

/// What was stored of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    pub stored: Vec<Hash>,
    /// What must come first.
    pub need: Vec<Want>,
    /// Envelopes that cannot be stored, each with why.
    pub turned_away: Vec<(Hash, TurnedAway)>,
}

/// Deliveries that share a commit.
const MAX_SHARED: usize = 64;
/// Deliveries that wait for their commit; more are told to come again.
const MAX_WAITING: usize = 1024;

/// The door of the inbox.
#[derive(Debug, Clone)]
pub struct Intake {
    jobs: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    delivery: Arc<Delivery>,
    reply: oneshot::Sender<Result<Taken>>,
}

impl Intake {
    pub fn start(db: Db, clock: Clock) -> Intake {
        let (jobs, mut waiting) = mpsc::channel::<Job>(MAX_WAITING);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, MAX_SHARED).await > 0 {
                commit(&db, &clock, std::mem::take(&mut batch)).await;
            }
        });
        Intake { jobs }
    }

    /// Stores what can be stored of a delivery. When it returns, what it calls stored is durable.
    pub async fn take(&self, delivery: Delivery) -> Result<Taken> {
        self.begin(delivery)?.await.map_err(|_| Error::IntakeBusy)?
    }

    /// Notes a phone's report when there is time; nobody waits for it.
    pub fn note(&self, delivery: Delivery) {
        // A report that finds no room comes again with the next request.
        let _ = self.begin(delivery);
    }

    fn begin(&self, delivery: Delivery) -> Result<oneshot::Receiver<Result<Taken>>> {
        let (reply, answer) = oneshot::channel();
        let delivery = Arc::new(delivery);
        self.jobs
            .try_send(Job { delivery, reply })
            .map_err(|_| Error::IntakeBusy)?;
        Ok(answer)
    }
}

/// One transaction for all; where it fails, one for each, so that nobody suffers for another.
async fn commit(db: &Db, clock: &Clock, jobs: Vec<Job>) {
    let time = Stopwatch::start();
    let deliveries: Vec<Arc<Delivery>> = jobs.iter().map(|job| job.delivery.clone()).collect();
    let shared = match take_all(db, clock, &deliveries).await {
        Err(_) if jobs.len() > 1 => None,
        taken => Some(taken.map(Vec::into_iter)),
    };
    metrics::histogram!("wardbook_intake_seconds").record(time.elapsed().as_secs_f64());
    metrics::histogram!("wardbook_intake_shared").record(jobs.len() as f64);
    match shared {
        Some(Ok(taken)) => {
            for (job, taken) in jobs.into_iter().zip(taken) {
                // A phone that hung up asks again and is told the same.
                let _ = job.reply.send(Ok(taken));
            }
        }
        Some(Err(error)) => {
            if let Some(job) = jobs.into_iter().next() {
                let _ = job.reply.send(Err(error));
            }
        }
        None => {
            for job in jobs {
                let alone = take_all(db, clock, std::slice::from_ref(&job.delivery)).await;
                let alone = alone.map(|mut taken| taken.pop().unwrap_or_default());
                let _ = job.reply.send(alone);
            }
        }
    }
}

async fn take_all(db: &Db, clock: &Clock, deliveries: &[Arc<Delivery>]) -> Result<Vec<Taken>> {
    let now = clock.now_ms();
    // Stations are locked in their order, so that two replicas cannot wait for each other.
    let mut order: Vec<usize> = (0..deliveries.len()).collect();
    order.sort_by(|a, b| deliveries[*a].station.cmp(&deliveries[*b].station));
    write_tx!(*db, "intake", async |tx| {
        let mut taken = vec![Taken::default(); deliveries.len()];
        for at in &order {
            taken[*at] = take::take(tx, &deliveries[*at], now).await?;
        }
        Ok(taken)
    })
    .await
}
