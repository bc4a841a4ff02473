//! `wardbook catalogue`: checks a folder of kinds and books; and the catalogue that other commands
//! are given.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sync_core::catalogue::{Catalogue, Limit, MAX_BUNDLE_BYTES, Sources, day_of, due};

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
            if let Some((year, limits)) = without_calendar(&catalogue, clock.now_ms()) {
                out::complain(&format!(
                    "holidays.toml says nothing of {year}: limits that reach into it know weekends \
                     only ({}). Add the year from the State Council's notice.",
                    named(&limits)
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

/// The first year without holidays that a limit begun now can reach into, with those limits.
fn without_calendar(catalogue: &Catalogue, now: i64) -> Option<(i16, BTreeSet<String>)> {
    let holidays = &catalogue.holidays;
    let year_of = |at: i64| Some(day_of(at, CHINA)?.year());
    let last_year = |limit: &Limit| {
        let count = limit.count?;
        let mut end = due(now, count.value, count.unit, holidays, CHINA);
        for more in &limit.extensions {
            let length = more.length.unwrap_or(count);
            for _ in 0..more.times {
                let from = end.saturating_sub(1);
                end = due(from, length.value, length.unit, holidays, CHINA);
            }
        }
        year_of(end.saturating_sub(1))
    };
    let mut ends: Vec<(i16, String)> = Vec::new();
    for kind in catalogue.kinds.values() {
        let limits = kind.limits.iter();
        let named = limits.map(|limit| (last_year(limit), format!("{}/{}", kind.name, limit.name)));
        ends.extend(named.filter_map(|(year, name)| Some((year?, name))));
    }
    let today = year_of(now)?;
    let last = ends.iter().map(|(year, _)| *year).max().unwrap_or(today);
    let year = holidays.lacks(today..=last.max(today))?;
    let reach = ends.into_iter().filter(|(last, _)| *last >= year);
    Some((year, reach.map(|(_, name)| name).collect()))
}

/// The first of many names.
fn named(limits: &BTreeSet<String>) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = limits.iter().take(SHOWN).map(String::as_str).collect();
    let more = if limits.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Where the holidays hold, in minutes east of UTC.
const CHINA: i32 = 480;

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
        let (year, limits) = at("2026-05-11").unwrap();
        assert_eq!(
            (year, named(&limits).as_str()),
            (2027, "request/suspension")
        );
        let (year, limits) = at("2026-12-01").unwrap();
        assert!(year == 2027 && limits.contains("case/decide"), "{limits:?}");
        assert!(!limits.contains("case/file_with_agency"), "{limits:?}");
        let (year, limits) = at("2030-05-11").unwrap();
        assert!(year == 2030 && limits.contains("case/file_with_agency"));
        assert!(named(&limits).ends_with(", …"));
    }
}
