//! A server with its stations and phones: the programs, by their command lines.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

use crate::children::{self, Serving, Stopwatch};

pub fn workload() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/officers-day")
}

pub fn day_file(device: usize) -> PathBuf {
    workload().join(format!("device-{device:03}.jsonl"))
}

/// Writes days, their groups' shared records, and a station's stock into a folder.
pub fn generate(devices: usize, records: usize, folder: &Path) -> Result<()> {
    let mut node = Command::new("node");
    node.arg(workload().join("gen.mjs"));
    node.args([devices.to_string(), records.to_string()]);
    children::run(node.arg(folder))?;
    Ok(())
}

#[derive(Debug)]
pub struct House {
    pub server: Serving,
    /// How long the stocks took to come in.
    pub imported: Duration,
    folder: TempDir,
}

impl House {
    /// A server with one station for each of these files, whose records are the station's stock.
    pub fn start(stocks: &[PathBuf]) -> Result<House> {
        let folder = TempDir::new()?;
        let data = folder.path().join("server");
        for station in 0..stocks.len() {
            let mut init = station_command("init", station, &data)?;
            init.args(["--name", "锦华社区工作站", "--catalogue"]);
            children::run(init.arg(workload().join("catalogue")))?;
        }
        let watch = Stopwatch::start();
        for (station, file) in stocks.iter().enumerate() {
            children::run(station_command("import", station, &data)?.arg(file))?;
        }
        let imported = watch.elapsed();
        let mut serve = program("wardbook")?;
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        serve.arg(data);
        Ok(House {
            server: Serving::start(serve)?,
            imported,
            folder,
        })
    }

    /// A phone that has joined a station, and knows nothing of its records yet.
    pub fn phone(&self, station: usize, device: usize) -> Result<Phone> {
        let mut invite = station_command("invite", station, &self.data())?;
        let told = children::run(invite.args(["--officer", &format!("O{device:04}")]))?;
        let code = told.lines().next().context("no join code")?;
        let store = self.folder.path().join(format!("phone-{device}"));
        let phone = Phone { store };
        let url = format!("http://{}", self.server.address);
        children::run(phone.command("join")?.args([code, "--server", &url]))?;
        Ok(phone)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// The server's store, beside the server: to look, not to touch.
    pub fn books(&self) -> Result<Books> {
        let path = self.data().join("wardbook.db");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Books(Connection::open_with_flags(path, flags)?))
    }
}

#[derive(Debug)]
pub struct Books(Connection);

impl Books {
    pub fn records(&self) -> Result<i64> {
        self.number("SELECT count(*) FROM record")
    }

    /// When the last envelope was receipted: milliseconds since 1970.
    pub fn last_receipt(&self) -> Result<i64> {
        self.number("SELECT max(received_at) FROM envelope")
    }

    pub fn held(&self) -> Result<i64> {
        self.number("SELECT count(*) FROM held")
    }

    pub fn until_nothing_waits(&self, patience: Duration) -> Result<()> {
        let watch = Stopwatch::start();
        while self.number("SELECT count(*) FROM envelope WHERE state = 0")? > 0 {
            if watch.elapsed() > patience {
                bail!("the server does not come to an end with what waits");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn number(&self, sql: &str) -> Result<i64> {
        self.0.busy_timeout(Duration::from_secs(15))?;
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }
}

#[derive(Debug)]
pub struct Phone {
    store: PathBuf,
}

/// What a sync says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Synced {
    pub time: Duration,
    pub up: u64,
    pub down: u64,
    pub requests: u64,
    pub held: u64,
}

impl Phone {
    pub fn command(&self, word: &str) -> Result<Command> {
        let mut command = program("fieldbook")?;
        command.arg("--store").arg(&self.store).arg(word);
        Ok(command)
    }

    /// Plays a file of acts without a signal.
    pub fn import(&self, day: &Path) -> Result<()> {
        children::run(self.command("import")?.arg(day))?;
        Ok(())
    }

    pub fn sync(&self, flags: &[&str]) -> Result<Synced> {
        let told = children::run(self.command("sync")?.arg("--json").args(flags))?;
        Synced::read(&told)
    }
}

impl Synced {
    pub fn read(told: &str) -> Result<Synced> {
        let said: Value = serde_json::from_str(told.trim())?;
        let count = |name: &str| said[name].as_u64().with_context(|| format!("no {name}"));
        let seconds = said["seconds"].as_f64().context("no seconds")?;
        Ok(Synced {
            time: Duration::from_secs_f64(seconds),
            up: count("bytes_up")?,
            down: count("bytes_down")?,
            requests: count("requests")?,
            held: count("held")?,
        })
    }
}

fn station_command(word: &str, station: usize, data: &Path) -> Result<Command> {
    let mut command = program("wardbook")?;
    command.args([word, "--station", &format!("S{station:02}"), "--data"]);
    command.arg(data);
    Ok(command)
}

/// The programs were built beside this one.
fn program(name: &str) -> Result<Command> {
    let here = std::env::current_exe()?;
    Ok(Command::new(here.with_file_name(name)))
}
