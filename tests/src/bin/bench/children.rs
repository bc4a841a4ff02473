//! Which processes did we start, what did they cost, and how do they end?

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Those that serve until they are told to stop.
static SERVING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process that serves, until this is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// 127.0.0.1:PORT, as its first line told.
    pub address: String,
}

impl Serving {
    pub fn start(mut command: Command) -> Result<Serving> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        serving().push(child.id());
        let out = child.stdout.take().context("no standard output")?;
        let mut serving = Serving {
            child,
            address: String::new(),
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let place = line.split("http://").nth(1).context("it does not serve")?;
        let ends = |c: char| c == ',' || c.is_whitespace();
        serving.address = place.split(ends).next().unwrap_or_default().to_owned();
        Ok(serving)
    }

    /// The processor time it has used.
    pub fn cpu(&self) -> Result<Duration> {
        Ok(used(&self.child.id().to_string())?.own)
    }

    /// The most memory it has held, in bytes.
    pub fn peak(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(&path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let word = line.and_then(|line| line.split_whitespace().next());
        let kib: u64 = word.context("no VmHWM")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let id = self.child.id();
        let _ = self.child.kill();
        let _ = self.child.wait();
        serving().retain(|other| *other != id);
    }
}

fn serving() -> std::sync::MutexGuard<'static, Vec<u32>> {
    SERVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends this program, and what it left serving, should it ever take so long.
pub fn end_all_after(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        for id in serving().iter() {
            let _ = Command::new("kill").arg(id.to_string()).status();
        }
        crate::note("bench: it took too long");
        std::process::exit(1);
    });
}

/// Runs a program to its end and returns what it printed.
pub fn run(command: &mut Command) -> Result<String> {
    let child = spawn(command)?;
    finish(child).with_context(|| format!("{command:?}"))
}

pub fn spawn(command: &mut Command) -> Result<Child> {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    piped
        .spawn()
        .with_context(|| format!("starting {command:?}"))
}

pub fn finish(child: Child) -> Result<String> {
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The processor time of this program and of the children that it has seen end.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub own: Duration,
    pub ended_children: Duration,
}

impl Used {
    pub fn now() -> Result<Used> {
        used("self")
    }
}

/// Linux counts in hundredths of a second.
fn used(process: &str) -> Result<Used> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')').context("no name in stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks =
        |at: usize| -> Result<u64> { Ok(fields.get(at).context("stat is short")?.parse()?) };
    let time = |ticks: u64| Duration::from_millis(ticks * 10);
    Ok(Used {
        own: time(ticks(11)? + ticks(12)?),
        ended_children: time(ticks(13)? + ticks(14)?),
    })
}

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
