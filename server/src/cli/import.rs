//! `wardbook import`: takes whole records in as the station's stock.

use std::fs::File;
use std::io::{BufRead, BufReader, Error as IoError, ErrorKind, Read};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{StationOptions, out};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::stock;

#[derive(Debug, Args)]
pub struct Options {
    /// One JSON object a line: `{"kind", "id", field: value, ...}`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    at: StationOptions,
    /// Print one JSON object on one line
    #[arg(long)]
    json: bool,
}

pub async fn run(options: Options, clock: &Clock) -> Result<()> {
    let path = &options.file;
    let file = File::open(path).map_err(|source| Error::file("reading", path, source))?;
    let db = options.at.store.open().await?;
    let (data, station) = (options.at.store.data_dir(), &options.at.station);
    let lines = Lines::of(file);
    let imported = stock::import(&db, &data, clock, station, lines, path).await?;
    db.close().await;
    let (records, skipped) = (imported.records, imported.skipped);
    match options.json {
        true => out::json(&json!({"imported": records, "skipped": skipped})),
        false => out::say(&format!(
            "{records} records imported, {skipped} were there already"
        )),
    }
    Ok(())
}

/// A line longer than any record: a file that is no list of records is not read to its end.
const MAX_LINE: u64 = 1024 * 1024;

/// The lines of a file, none of them longer than a record can be.
struct Lines<R> {
    from: BufReader<R>,
    count: usize,
}

impl<R: Read> Lines<R> {
    fn of(file: R) -> Lines<R> {
        Lines {
            from: BufReader::new(file),
            count: 0,
        }
    }

    fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut bytes = Vec::new();
        self.count += 1;
        let most = MAX_LINE + 1;
        self.from
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut bytes)?;
        let wrong = |what: &str| {
            let what = format!("line {}: {what}", self.count);
            IoError::new(ErrorKind::InvalidData, what)
        };
        if bytes.len() as u64 == most {
            return Err(wrong(
                "longer than 1 MiB; every record stands on a line of its own",
            ));
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8(bytes);
        text.map(Some)
            .map_err(|_| wrong("no UTF-8 text; save the file as UTF-8"))
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = std::io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_by_one_and_what_is_none_is_told_by_its_number() {
        let read = |bytes: &[u8]| Lines::of(bytes).map(Result::ok).collect::<Vec<_>>();
        let line = |text: &str| Some(text.to_owned());
        assert_eq!(
            read("一\n\n二".as_bytes()),
            [line("一\n"), line("\n"), line("二")]
        );
        let mut odd = Lines::of(&b"{}\n{\xff}\n"[..]);
        assert!(odd.next().unwrap().is_ok());
        let refused = odd.next().unwrap().unwrap_err().to_string();
        assert!(refused.starts_with("line 2: no UTF-8"), "{refused}");
        let mut endless = Lines::of(std::io::repeat(b'{'));
        let refused = endless.next().unwrap().unwrap_err().to_string();
        assert!(
            refused.starts_with("line 1: longer than 1 MiB"),
            "{refused}"
        );
    }
}
