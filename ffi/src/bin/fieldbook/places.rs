//! The words of a command that name places and values.

use std::path::Path;

use data_encoding::HEXLOWER;
use ffi::form::Given;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

pub const SYNTAX: &str = "\
field=value            a value; an empty one empties the field; a field that takes many gets
                       one more member each time
table.cell=value       a cell of a new row; cells that follow each other fill one row, a cell
                       that comes again begins the next
table[2].cell=value    a cell of the second row, as `show` counts them
field=@FILE            a photo or document, for a field of evidence

A choice takes its code or its label. A moment takes `2026-05-11 14:05` in the station's time
zone, `14:05` of today, `now` or any RFC 3339 time. Money takes yuan, such as 50 or 50.00.
`fieldbook kinds KIND` shows a kind's fields, codes and steps.";

/// Reads `field=value ...`.
pub fn given(words: &[String]) -> Result<Vec<Given>, Failure> {
    let mut all = Vec::new();
    for word in words {
        let given = Given::split(word).ok_or_else(|| Failure::Word(word.clone()))?;
        match given.value.strip_prefix('@') {
            Some(file) if !given.place.contains('.') && Path::new(file).is_file() => {
                all.extend(evidence(&given.place, Path::new(file))?);
            }
            Some(_) | None => all.push(given),
        }
    }
    Ok(all)
}

/// What a record keeps of a file: its hash, kind, size and name.
fn evidence(place: &str, path: &Path) -> Result<Vec<Given>, Failure> {
    let read = std::fs::read(path);
    let bytes = read.map_err(|source| ffi::PhoneError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let cells = [
        ("sha256", HEXLOWER.encode(&Sha256::digest(&bytes))),
        ("mime", mime(path).to_owned()),
        ("size", bytes.len().to_string()),
        ("name", name.unwrap_or_default()),
    ];
    let cell = |(cell, value)| Given {
        place: format!("{place}.{cell}"),
        value,
    };
    Ok(cells.into_iter().map(cell).collect())
}

fn mime(path: &Path) -> &'static str {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("heic") => "image/heic",
        Some("mp4") => "video/mp4",
        Some("m4a") => "audio/m4a",
        Some("pdf") => "application/pdf",
        Some(_) | None => "application/octet-stream",
    }
}
