//! An envelope that takes the whole process down.
//!
//! A panic is caught; an abort, a stack that ran over or a process killed for its memory is not,
//! and a server that judges such an envelope first thing after each start never comes up. What
//! waited already when the server started may be one: the last process took it in and did not get
//! past it. So it is judged in a process of its own before this one touches it. Whoever dies there
//! is known for certain: a server that is itself killed, or a power cut, convicts nobody.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use sync_core::ids::StationId;

use super::judge::{Care, hold, judge};
use super::load::Batch;
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::known::Known;

/// How that process is started: `PROGRAM judge --data DIR`, which is told station and number.
#[derive(Debug, Clone)]
pub struct Trial {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ended by itself.
    Survived,
    /// It went down, and this process stands.
    Died,
}

/// What that process does with the first that wait in a station. It stores nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Judge,
    /// Only what holding them whole takes: their frames are opened and their acts named.
    Hold,
}

impl Trial {
    pub async fn run(&self, station: &StationId, envelopes: i64, task: Task) -> Result<Outcome> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args((task == Task::Hold).then_some("--hold"))
            .args(["--station", station.as_str(), "--envelopes"])
            .arg(envelopes.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let run = tokio::task::spawn_blocking(move || command.status());
        match run.await.map_err(|_| Error::Panicked)? {
            Ok(status) => read(status),
            // Where no process can be started, phones shall not wait for one.
            Err(error) => {
                tracing::warn!(%error, "what waited is judged without a process of its own");
                Ok(Outcome::Survived)
            }
        }
    }
}

fn read(status: ExitStatus) -> Result<Outcome> {
    use std::os::unix::process::ExitStatusExt;
    // Hang-up, interrupt and terminate: somebody ends the server and all that belongs to it.
    const ASKED_TO_END: [i32; 3] = [1, 2, 15];
    match (status.code(), status.signal()) {
        (Some(code), _) => {
            if code != 0 {
                tracing::warn!(
                    code,
                    "a process that judges could not; what waited is judged here"
                );
            }
            Ok(Outcome::Survived)
        }
        (None, Some(signal)) if !ASKED_TO_END.contains(&signal) => Ok(Outcome::Died),
        (None, _) => Err(Error::Runtime {
            operation: "a process that judges",
            source: std::io::Error::other(status.to_string()),
        }),
    }
}

/// What that process does.
pub async fn judge_apart(
    db: &Db,
    clock: &Clock,
    station: &StationId,
    most: i64,
    task: Task,
) -> Result<()> {
    // Where memory runs out, this process goes before the one that serves. Elsewhere than on
    // Linux there is no such file, and no such killer.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let known = Known::default();
    for care in [Care::Batch, Care::EachAct] {
        let Some(batch) = Batch::load(db, &known, station, most).await? else {
            return Ok(());
        };
        let now = clock.now_ms();
        let judged = tokio::task::spawn_blocking(move || match task {
            Task::Judge => judge(batch, now, care).is_some(),
            Task::Hold => hold(batch, now).entered.len() == 1,
        });
        if judged.await.map_err(|_| Error::Panicked)? {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn only_who_went_down_alone_is_convicted() {
        for (status, outcome) in [
            (0, Some(Outcome::Survived)),
            (6, Some(Outcome::Died)),
            (9, Some(Outcome::Died)),
            (11, Some(Outcome::Died)),
            (15, None),
            (2, None),
            (1 << 8, Some(Outcome::Survived)),
        ] {
            assert_eq!(read(ExitStatus::from_raw(status)).ok(), outcome, "{status}");
        }
    }
}
