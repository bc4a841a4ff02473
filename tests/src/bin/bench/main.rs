//! What does a day cost, beside plain?
//!
//! The programs themselves, on 127.0.0.1, each in a process of its own. "Plain" keeps what it is
//! sent and merges, verifies and signs nothing: it is the floor, not a rival.

mod children;
mod figures;
mod idle;
mod one_phone;
mod phones;
mod plain;
mod plain_server;
mod station;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use figures::Scene;

const USAGE: &str = "tests/bench [--json] [--only plain|day-receipt|day-books|phones|idle]... \
                     [--phones N] [--phones-a-station N] [--records N] [--runs N]";
/// Whatever hangs, hangs no longer than this.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What is measured, and how often.
#[derive(Debug, Clone)]
pub struct Wish {
    json: bool,
    only: Vec<String>,
    /// Phones that sync at once.
    phones: usize,
    /// How many of them belong to one station: a multiple of the four that share cases.
    phones_a_station: usize,
    /// Records that the station holds when a phone reconnects.
    records: usize,
    /// Of cheap scenes; the median counts.
    runs: usize,
}

type Measure = fn(&Wish) -> Result<Scene>;

const SCENES: [(&str, Measure); 5] = [
    ("plain", plain::measure),
    ("day-receipt", one_phone::until_receipt),
    ("day-books", one_phone::until_in_books),
    ("phones", phones::measure),
    ("idle", idle::measure),
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).collect::<Vec<_>>();
    if args.first().is_some_and(|arg| arg == plain_server::COMMAND) {
        return told(plain_server::run(args.pop().unwrap_or_default().as_ref()));
    }
    match read(args) {
        Ok(wish) => told(run(&wish)),
        Err(wrong) => {
            complain(&format!("{wrong:#}\n{USAGE}"));
            ExitCode::from(2)
        }
    }
}

fn told(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            complain(&format!("{wrong:#}"));
            ExitCode::FAILURE
        }
    }
}

fn read(args: Vec<String>) -> Result<Wish> {
    let mut wish = Wish {
        json: false,
        only: Vec::new(),
        phones: 200,
        phones_a_station: 4,
        records: 10_000,
        runs: 5,
    };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg == "--json" {
            wish.json = true;
            continue;
        }
        let value = args.next().with_context(|| format!("{arg} needs a value"));
        let number = |value: String| match value.parse() {
            Ok(0usize) | Err(_) => bail!("{arg} needs a number, not {value}"),
            Ok(number) => Ok(number),
        };
        match arg.as_str() {
            "--only" => {
                let name = value?;
                if !SCENES.iter().any(|(scene, _)| *scene == name) {
                    bail!("there is no scene {name}");
                }
                wish.only.push(name);
            }
            "--phones" => wish.phones = number(value?)?,
            "--phones-a-station" => {
                wish.phones_a_station = number(value?)?.next_multiple_of(phones::GROUP);
            }
            "--records" => wish.records = number(value?)?,
            "--runs" => wish.runs = number(value?)?,
            _ => bail!("{arg} is not known"),
        }
    }
    Ok(wish)
}

fn run(wish: &Wish) -> Result<()> {
    children::end_all_after(LIMIT);
    let mut scenes = Vec::new();
    for (name, measure) in SCENES {
        if wish.only.is_empty() || wish.only.iter().any(|only| only == name) {
            note(&format!("{name} ..."));
            scenes.push(measure(wish).with_context(|| name)?);
        }
    }
    let out = match wish.json {
        true => figures::json(&scenes),
        false => figures::table(&scenes),
    };
    writeln!(std::io::stdout(), "{out}")?;
    Ok(())
}

/// How far it is, for whoever waits: beside the figures, not among them.
pub fn note(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

fn complain(what: &str) {
    note(&format!("bench: {what}"));
}
