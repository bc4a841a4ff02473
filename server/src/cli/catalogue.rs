//! `wardbook catalogue`: checks a folder of kinds and books; and the catalogue that other commands
//! are given.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sync_core::catalogue::{Catalogue, MAX_BUNDLE_BYTES, Sources, day_of};

use super::out;
use crate::clock::Clock;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say every mistake in a catalogue folder, by file and line
    Check {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// `--catalogue DIR`
#[derive(Debug, Args)]
pub struct CatalogueOptions {
    /// Folder of the kinds and books that shall hold from now on
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
}

impl CatalogueOptions {
    pub fn given(&self) -> Result<Option<Catalogue>> {
        self.catalogue.as_deref().map(load).transpose()
    }

    /// The one given, else the one that the program brings along.
    pub fn or_embedded(&self) -> Result<Cow<'static, Catalogue>> {
        Ok(match self.given()? {
            Some(catalogue) => Cow::Owned(catalogue),
            None => Cow::Borrowed(Catalogue::embedded()),
        })
    }
}

pub fn run(options: &Options, clock: &Clock) -> Result<()> {
    let Command::Check { folder } = &options.command;
    match load(folder) {
        Ok(catalogue) => {
            let (kinds, books) = (catalogue.kinds.len(), catalogue.books.len());
            out::say(&format!(
                "{kinds} kinds and {books} books without mistakes, catalogue {}",
                catalogue.hash()
            ));
            if let Some(year) = without_calendar(&catalogue, clock.now_ms()) {
                out::complain(&format!(
                    "holidays.toml says nothing of {year}: limits that reach into it know weekends \
                     only. Add the year from the State Council's notice."
                ));
            }
            Ok(())
        }
        Err(Error::CatalogueMistakes(mistakes)) => {
            for mistake in &mistakes {
                out::say(&mistake.to_string());
            }
            Err(Error::CatalogueMistakes(mistakes))
        }
        Err(error) => Err(error),
    }
}

/// The first year without holidays among those that a limit begun now can reach into.
fn without_calendar(catalogue: &Catalogue, now: i64) -> Option<i16> {
    let years = [now, now.saturating_add(LONGEST_OF_A_CASE)];
    let years = years.into_iter().filter_map(|at| day_of(at, CHINA));
    catalogue.holidays.lacks(years.map(|day| day.year()))
}

/// Where the holidays hold, in minutes east of UTC.
const CHINA: i32 = 480;

/// The 90 days of the ordinary procedure, in milliseconds.
const LONGEST_OF_A_CASE: i64 = 90 * 24 * 3_600_000;

fn load(folder: &Path) -> Result<Catalogue> {
    let mut sources = Sources::new();
    read_folder(folder, "", &mut sources)?;
    Catalogue::load(&sources).map_err(Error::CatalogueMistakes)
}

/// Takes the `.toml` files of a folder and of the folders in it.
fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) -> Result<()> {
    let failed = |source| Error::file("reading the catalogue", folder, source);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if path.is_dir() && prefix.is_empty() {
            read_folder(&path, &format!("{name}/"), sources)?;
        } else if name.ends_with(".toml") {
            let text = read_file(&path)?;
            sources.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<String> {
    let failed = |source| Error::file("reading the catalogue", path, source);
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > MAX_BUNDLE_BYTES as u64 {
        let large = std::io::Error::other(format!("{length} bytes are too many for a catalogue"));
        return Err(failed(large));
    }
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_that_limits_reach_and_the_calendar_does_not_is_named() {
        let at = |day: &str| {
            let moment = format!("{day}T12:00:00+08:00").parse::<jiff::Timestamp>();
            without_calendar(Catalogue::embedded(), moment.unwrap().as_millisecond())
        };
        assert_eq!(at("2026-05-11"), None);
        assert_eq!(at("2026-12-01"), Some(2027));
        assert_eq!(at("2030-05-11"), Some(2030));
    }
}
