//! Whether everything stored still proves itself: chains, hashes, signatures, the tree over the
//! log, the charter and the numbers. Nothing is believed but the bytes and the server's key.

use std::collections::BTreeMap;

use sync_core::envelope::merkle::CompactRange;
use sync_core::envelope::{Charter, Entry, Envelope, Number, Statement, codec};
use sync_core::ids::{DeviceId, Hash, StationId};

use crate::admission::numbers;
use crate::charter;
use crate::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::station::Station;
use crate::station_log::state;
use crate::{args, sql};

/// Rows read at once.
const PART: u64 = 256;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    pub envelopes: u64,
    pub entries: u64,
    pub epochs: u64,
    pub numbers: u64,
    pub forks: Vec<Fork>,
}

/// A second envelope that a device signed under one number: proof that it was copied, or that
/// somebody else has its key. It is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    pub device: DeviceId,
    pub person: String,
    pub seq: u64,
    pub received_at: i64,
}

/// Verifies one station; the first thing that does not fit is the error.
pub async fn verify(tx: &mut Tx, id: &StationId) -> Result<Verified> {
    let station = Station::find(tx, id).await?;
    let charter = charter::load(tx, id).await?;
    let mut work = Work {
        station: &station,
        charter: &charter,
        verified: Verified::default(),
        deltas: Vec::new(),
        numbers: Vec::new(),
    };
    let mut tails = BTreeMap::new();
    for row in tx.fetch_all(sql!("device_list"), args![id]).await? {
        let tail = (row.count("last_seq")?, Hash(row.bytes("last_hash")?));
        tails.insert(DeviceId(row.bytes("device")?), tail);
    }
    tails.insert(
        station.server_device,
        (station.server_seq, station.server_prev),
    );
    for (device, tail) in tails {
        work.device_log(tx, device, tail).await?;
    }
    work.station_log(tx).await?;
    work.charter(tx).await?;
    work.numbers(tx).await?;
    work.forks(tx).await?;
    Ok(work.verified)
}

struct Work<'a> {
    station: &'a Station,
    charter: &'a Charter,
    verified: Verified,
    /// What the server's envelopes state, in their order.
    deltas: Vec<Vec<u8>>,
    numbers: Vec<Number>,
}

impl Work<'_> {
    fn broken<T>(&self, what: String) -> Result<T> {
        Err(Error::Broken {
            station: self.station.id.clone(),
            what,
        })
    }

    async fn device_log(&mut self, tx: &mut Tx, device: DeviceId, tail: (u64, Hash)) -> Result<()> {
        let id = &self.station.id;
        let key = match (self.charter.ever(device), self.charter.server_ever(device)) {
            (Some(grant), _) => grant.sign_key.clone(),
            (None, Some(server)) => server.sign_key.clone(),
            (None, None) => return self.broken(format!("no charter names device {device}")),
        };
        let (mut seq, mut prev) = (0, Hash::ZERO);
        loop {
            let part = args![id, &device, seq, PART];
            let rows = tx.fetch_all(sql!("envelope_log"), part).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let name = format!("envelope {} of device {device}", seq + 1);
                let envelope = self.envelope(&row, &name)?;
                if (envelope.body.device, envelope.body.seq) != (device, seq + 1)
                    || row.count("seq")? != seq + 1
                {
                    return self.broken(format!("{name} is missing"));
                }
                if envelope.body.prev != prev {
                    return self.broken(format!("{name} does not follow the one before it"));
                }
                if !envelope.verify(&key) {
                    return self.broken(format!("the signature of {name}"));
                }
                if row.get::<i64>("state")? == state::ENTERED && row.count_opt("entry")?.is_none() {
                    return self.broken(format!("{name} has no entry"));
                }
                if device == self.station.server_device {
                    self.statements(&envelope, &name)?;
                }
                (seq, prev) = (seq + 1, envelope.hash());
                self.verified.envelopes += 1;
            }
        }
        match (seq, prev) == tail {
            true => Ok(()),
            false => self.broken(format!("the log of device {device} ends at {seq}")),
        }
    }

    /// Each proves itself: both envelopes bear the device's signature.
    async fn forks(&mut self, tx: &mut Tx) -> Result<()> {
        for row in tx
            .fetch_all(sql!("fork_list"), args![&self.station.id])
            .await?
        {
            let (device, seq) = (DeviceId(row.bytes("device")?), row.count("seq")?);
            let name = format!("the fork of envelope {seq} of device {device}");
            let envelope = self.envelope(&row, &name)?;
            let Some(grant) = self.charter.ever(device) else {
                return self.broken(format!("no charter names device {device}"));
            };
            if (envelope.body.device, envelope.body.seq) != (device, seq)
                || !envelope.verify(&grant.sign_key)
            {
                return self.broken(format!("the signature of {name}"));
            }
            self.verified.forks.push(Fork {
                device,
                person: grant.person.to_string(),
                seq,
                received_at: row.get("received_at")?,
            });
        }
        Ok(())
    }

    fn envelope(&self, row: &Row, name: &str) -> Result<Envelope> {
        let bytes: Vec<u8> = row.get("bytes")?;
        // Decoding compares the frame with its hash.
        let Ok(envelope) = Envelope::decode(&bytes) else {
            return self.broken(format!("{name} cannot be read"));
        };
        if envelope.hash().0 != row.bytes("hash")? || envelope.body.station != self.station.id {
            return self.broken(format!("{name} is another one"));
        }
        Ok(envelope)
    }

    fn statements(&mut self, envelope: &Envelope, name: &str) -> Result<()> {
        let Ok(frame) = envelope.open() else {
            return self.broken(format!("the frame of {name} cannot be opened"));
        };
        if frame.change_root().ok() != Some(envelope.body.change_root) {
            return self.broken(format!("the change root of {name}"));
        }
        for statement in frame.statements {
            match statement {
                Statement::Charter(delta) => self.deltas.push(codec::to_bytes(&delta)),
                Statement::Number(number) => self.numbers.push(number),
                Statement::Verdict(_)
                | Statement::Order(_)
                | Statement::Seal(_)
                | Statement::Other { .. } => {}
            }
        }
        Ok(())
    }

    async fn station_log(&mut self, tx: &mut Tx) -> Result<()> {
        let mut range = CompactRange::default();
        loop {
            let from = range.size();
            let part = args![&self.station.id, from, from + PART];
            let rows = tx.fetch_all(sql!("entry_range"), part).await?;
            let bodies = tx.fetch_all(sql!("envelope_range"), part).await?;
            if rows.is_empty() {
                break;
            }
            for (at, row) in rows.iter().enumerate() {
                let index = range.size();
                let entry = self.entry(row, index)?;
                let body = bodies.get(at).map(|body| body.bytes("hash")).transpose()?;
                if body != Some(entry.envelope.0) {
                    return self.broken(format!("entry {index} has not the envelope it names"));
                }
                range.append(entry.leaf());
                if range.root().0 != row.bytes("root")? {
                    return self.broken(format!("the root at entry {index}"));
                }
            }
        }
        self.verified.entries = range.size();
        let stored = (self.station.entries, self.station.root.as_slice());
        let is_empty = range.size() == 0 && self.station.entries == 0;
        if !is_empty && stored != (range.size(), range.root().0.as_slice()) {
            return self.broken(format!("the log ends at {}", range.size()));
        }
        if !is_empty && self.station.range != codec::to_bytes(&range) {
            return self.broken("the station's compact range".to_owned());
        }
        Ok(())
    }

    fn entry(&self, row: &Row, index: u64) -> Result<Entry> {
        let bytes: Vec<u8> = row.get("bytes")?;
        let Ok(entry) = Entry::from_bytes(&bytes) else {
            return self.broken(format!("entry {index} cannot be read"));
        };
        let columns = (
            row.count("idx")?,
            row.bytes("envelope_hash")?,
            row.bytes("device")?,
            row.count("seq")?,
            row.get::<i64>("received_at")?,
        );
        let said = (
            entry.index,
            entry.envelope.0,
            entry.device.0,
            entry.seq,
            entry.received_at,
        );
        match columns == said && entry.index == index {
            true => Ok(entry),
            false => self.broken(format!("entry {index} is another one")),
        }
    }

    async fn charter(&mut self, tx: &mut Tx) -> Result<()> {
        let rows = tx
            .fetch_all(sql!("charter_list"), args![&self.station.id])
            .await?;
        for (at, row) in rows.iter().enumerate() {
            if self.deltas.get(at) != Some(&row.get::<Vec<u8>>("delta")?) {
                let n = row.count("n")?;
                return self.broken(format!("charter {n} is not what the server signed"));
            }
        }
        if self.deltas.len() != rows.len() || self.charter.newest() != Some(self.station.epoch) {
            return self.broken("the newest charter is missing".to_owned());
        }
        self.verified.epochs = rows.len() as u64;
        Ok(())
    }

    async fn numbers(&mut self, tx: &mut Tx) -> Result<()> {
        let mut last: BTreeMap<(String, i32), u64> = BTreeMap::new();
        let mut stored = Vec::new();
        for row in tx
            .fetch_all(sql!("number_list"), args![&self.station.id])
            .await?
        {
            stored.push(numbers::read(&row)?);
        }
        let key = |number: &Number| (number.book.clone(), number.year, number.n);
        stored.sort_by_key(key);
        self.numbers.sort_by_key(key);
        for number in &stored {
            let n = last.entry((number.book.clone(), number.year)).or_default();
            *n += 1;
            if number.n != *n {
                return self.broken(format!("number {n} of book {} is missing", number.book));
            }
        }
        for (stored, said) in stored.iter().zip(&self.numbers) {
            if stored != said {
                return self.broken(format!("number {} is not what was signed", stored.text));
            }
        }
        if stored.len() != self.numbers.len() {
            return self.broken(format!(
                "{} numbers are stored and {} were signed",
                stored.len(),
                self.numbers.len()
            ));
        }
        self.verified.numbers = stored.len() as u64;
        Ok(())
    }
}
