//! What is printed under a card's QR code and typed by who has no camera: `K7M3-X9TW`.
//!
//! Eight characters (40 bits) without those that are mistaken for each other. They follow from
//! the record's name, so that no phone can choose one, and a rebuild gives the same again.

use std::fmt;

use sync_core::ids::{Hash, RecordId, StationId};

use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::{args, sql};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;
/// Two cards of a store fall together once in a million million; this many in a row never do.
const ATTEMPTS: u8 = 16;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(String);

impl Code {
    /// Reads a code as a person typed it: case, spaces and hyphens do not matter, nor I, L, O for
    /// 1, 1, 0.
    pub fn parse(text: &str) -> Option<Code> {
        let code: String = text
            .chars()
            .take(32)
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let fits = code.len() == LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        fits.then_some(Code(code))
    }

    /// As it stands in addresses and in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn derive(station: &StationId, record: RecordId, attempt: u8) -> Code {
        let parts: [&[u8]; 3] = [station.as_str().as_bytes(), &record.0, &[attempt]];
        let hash = Hash::of_parts("wardbook card code", &parts);
        let letters = hash.0[..LENGTH].iter();
        Code(
            letters
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
                .collect(),
        )
    }

    /// The code of a card; one that has none yet is given one.
    pub async fn ensure(tx: &mut Tx, station: &StationId, record: RecordId) -> Result<Code> {
        if let Some(code) = Code::of(tx, station, record).await? {
            return Ok(code);
        }
        for attempt in 0..ATTEMPTS {
            let code = Code::derive(station, record, attempt);
            let row = args![code.as_str(), station, &record];
            if tx.exec(sql!("card_insert"), row).await? == 1 {
                return Ok(code);
            }
        }
        Err(Error::Damaged("card codes"))
    }

    pub async fn of(tx: &mut Tx, station: &StationId, record: RecordId) -> Result<Option<Code>> {
        let row = tx
            .fetch_opt(sql!("card_of_record"), args![station, &record])
            .await?;
        row.map(|row| row.get("code").map(Code)).transpose()
    }

    /// Which card it is.
    pub async fn find(&self, tx: &mut Tx) -> Result<(StationId, RecordId)> {
        let row = tx.fetch_opt(sql!("card_get"), args![self.as_str()]).await?;
        let row = row.ok_or_else(|| Error::CardUnknown {
            code: Some(self.clone()),
        })?;
        Ok((row.parse("station_id")?, RecordId(row.bytes("record")?)))
    }

    /// The station a card is of, outside any transaction.
    pub async fn station(&self, db: &Db) -> Result<StationId> {
        let row = db.fetch_opt(sql!("card_get"), args![self.as_str()]).await?;
        row.ok_or_else(|| Error::CardUnknown {
            code: Some(self.clone()),
        })?
        .parse("station_id")
    }

    /// Every card of a station, by its code.
    pub async fn list(tx: &mut Tx, station: &StationId) -> Result<Vec<(Code, RecordId)>> {
        let rows = tx.fetch_all(sql!("card_list"), args![station]).await?;
        rows.iter()
            .map(|row| Ok((Code(row.get("code")?), RecordId(row.bytes("record")?))))
            .collect()
    }
}

/// As it is printed.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::derive(&StationId::new("S00").unwrap(), RecordId([7; 16]), 0);
        let typed = code.to_string();
        for text in [
            typed.clone(),
            typed.to_lowercase(),
            format!(" {} ", code.as_str()),
            typed.replace('0', "o").replace('1', "l"),
        ] {
            assert_eq!(Code::parse(&text), Some(code.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "",
            "K7M3X9T",
            "K7M3X9TW0",
            "K7M3-X9T中",
            "U7M3X9TW",
            "'; --x-y",
        ] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
        assert_eq!(Code::parse(&"A".repeat(1_000_000)), None);
    }

    #[test]
    fn each_attempt_station_and_record_gives_another_code() {
        let (one, two) = (
            StationId::new("S00").unwrap(),
            StationId::new("S01").unwrap(),
        );
        let codes = [
            Code::derive(&one, RecordId([7; 16]), 0),
            Code::derive(&one, RecordId([7; 16]), 1),
            Code::derive(&one, RecordId([8; 16]), 0),
            Code::derive(&two, RecordId([7; 16]), 0),
        ];
        for (at, code) in codes.iter().enumerate() {
            assert!(!codes[..at].contains(code));
        }
    }
}
