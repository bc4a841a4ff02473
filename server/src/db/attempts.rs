//! Work in a transaction: run, committed or rolled back, and begun again when another
//! transaction got in its way.

use std::time::Duration;

use super::{Db, Tx};
use crate::error::Result;

/// How often work is begun before its error is told.
const TRIES: u32 = 8;

/// Runs the work in one transaction that writes, and gives its value once the commit is durable:
///
/// ```text
/// let code = write_tx!(db, "invite", async |tx| { invite(tx, station, …).await }).await?;
/// ```
///
/// The work runs again from its beginning when the database says that another transaction got in
/// its way, so it must have no effect but its statements. An error rolls back. When the
/// connection breaks in the commit nobody can say whether it happened: every write carries a key
/// under which doing it twice is doing it once.
///
/// A macro and not a method, because the future of a method that takes an async closure is not
/// `Send` enough for a handler.
#[macro_export]
macro_rules! write_tx {
    ($db:expr, $operation:expr, async |$tx:ident| $work:expr) => {
        $crate::attempt_tx!($db, $operation, $crate::db::Mode::Write, $tx, $work)
    };
}

/// Runs the work on one unmoving state of the store, for reads that must agree with each other.
#[macro_export]
macro_rules! read_tx {
    ($db:expr, $operation:expr, async |$tx:ident| $work:expr) => {
        $crate::attempt_tx!($db, $operation, $crate::db::Mode::Read, $tx, $work)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! attempt_tx {
    ($db:expr, $operation:expr, $mode:expr, $tx:ident, $work:expr) => {
        async {
            let mut attempts = $crate::db::Attempts::new(&$db, $operation, $mode);
            loop {
                let mut open = match attempts.begin().await {
                    Ok(open) => open,
                    Err(error) => break Err(error),
                };
                let $tx = &mut open;
                let outcome: $crate::error::Result<_> = async { $work }.await;
                if let Some(outcome) = attempts.end(open, outcome).await {
                    break outcome;
                }
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
}

/// The attempts at one piece of work: what [`write_tx!`](crate::write_tx) and
/// [`read_tx!`](crate::read_tx) turn.
#[derive(Debug)]
pub struct Attempts<'db> {
    db: &'db Db,
    operation: &'static str,
    mode: Mode,
    made: u32,
}

impl<'db> Attempts<'db> {
    pub fn new(db: &'db Db, operation: &'static str, mode: Mode) -> Self {
        Attempts {
            db,
            operation,
            mode,
            made: 0,
        }
    }

    pub async fn begin(&mut self) -> Result<Tx> {
        self.made += 1;
        Tx::begin(self.db, self.operation, self.mode).await
    }

    /// Commits what succeeded and rolls back what did not; `None`: begin again.
    pub async fn end<T>(&mut self, tx: Tx, outcome: Result<T>) -> Option<Result<T>> {
        let outcome = match outcome {
            Ok(value) => tx.commit(self.operation).await.map(|()| value),
            Err(error) => {
                // What follows must not find its own lock still held.
                tx.roll_back(self.operation).await;
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.may_be_tried_again() && self.made < TRIES => {
                metrics::counter!("wardbook_transaction_retries_total", "operation" => self.operation)
                    .increment(1);
                tokio::time::sleep(Duration::from_millis(5 << self.made)).await;
                None
            }
            outcome => Some(outcome),
        }
    }
}
